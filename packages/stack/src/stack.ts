import { type Odyssey, type OdysseySpec, startOdyssey } from './odyssey.ts';
import { openPgBouncer, type PgBouncer, type PgBouncerSpec, pgbouncerBinary } from './pgbouncer.ts';
import { openPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
import { type ProgressOptions, withProgress } from './progress.ts';

/**
 * What {@link startStack} starts.
 *
 * ```ts
 * const options: StackOptions = {
 *   pgbouncers: [{ version: '1.24', settings: { default_pool_size: 2 } }],
 *   postgres: { settings: { max_connections: 50 } },
 *   onProgress: console.error,
 * }
 * ```
 */
export interface StackOptions extends ProgressOptions {
  /** Default: {@link standardPgBouncers}. */
  readonly pgbouncers?: readonly PgBouncerSpec[];
  /** Default: none. {@link standardOdysseys} are one of each kind. */
  readonly odysseys?: readonly OdysseySpec[];
  readonly postgres?: PostgresOptions;
}

/**
 * One PgBouncer for each way they treat named prepared statements: before 1.21 there is no support (`1.18`), since then
 * it can be off (`1.24off`) or on (`1.24`, `latest`).
 *
 * ```ts
 * await using stack = await startStack({
 *   pgbouncers: standardPgBouncers.map((spec) => ({ ...spec, settings: { ...spec.settings, default_pool_size: 1 } })),
 * })
 * ```
 */
export const standardPgBouncers: readonly PgBouncerSpec[] = [
  { name: '1.18', version: '1.18' },
  { name: '1.24off', version: '1.24', settings: { max_prepared_statements: 0 } },
  { name: '1.24', version: '1.24', settings: { max_prepared_statements: 200 } },
  { name: 'latest', version: 'latest', settings: { max_prepared_statements: 200 } },
];

/**
 * One Odyssey that keeps prepared statements, and one that does not.
 *
 * ```ts
 * await using stack = await startStack({ odysseys: standardOdysseys })
 * ```
 */
export const standardOdysseys: readonly OdysseySpec[] = [
  { name: 'odyssey', preparedStatements: true },
  { name: 'odyssey-off', preparedStatements: false },
];

/**
 * A PostgreSQL and the poolers in front of it.
 *
 * ```ts
 * await using stack = await startStack()
 * const database = await stack.createDatabase()
 * for (const bouncer of stack.pgbouncers) console.log(bouncer.version, bouncer.url(database))
 * ```
 */
export interface Stack extends AsyncDisposable {
  readonly postgres: Postgres;
  /** Those of the options, then those that {@link Stack.startPgBouncer} added. */
  readonly pgbouncers: readonly PgBouncer[];
  /** Those of the options, in their order. */
  readonly odysseys: readonly Odyssey[];
  /**
   * The PgBouncer of this name.
   *
   * @throws {Error} with the names that there are.
   */
  pgbouncer(name: string): PgBouncer;
  /**
   * Starts one more PgBouncer, which stops with the stack.
   *
   * @throws {Error} as the function {@link startPgBouncer} does, and when the name is taken.
   */
  startPgBouncer(spec: PgBouncerSpec): Promise<PgBouncer>;
  /** {@link Postgres.createDatabase} */
  createDatabase(name?: string): Promise<string>;
  /** {@link Postgres.dropDatabase} */
  dropDatabase(name: string): Promise<void>;
  /** Stops all servers and removes their files, in bounded time. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL and real poolers on free ports of 127.0.0.1, without Docker and without root. What is
 * not on this system is fetched once and cached. Nothing keeps the process alive, and all servers end with the
 * process, however that ends.
 *
 * ```ts
 * import { startStack } from '@poolsafe/stack'
 * import { Client } from 'pg'
 *
 * await using stack = await startStack({ pgbouncers: [{ version: '1.24' }] })
 * const client = new Client(stack.pgbouncer('1.24').url(await stack.createDatabase()))
 * await client.connect()
 * ```
 *
 * @throws {Error} when a server cannot be found, with the commands that get it, or does not start, with the end of its
 * log; what had started is stopped first.
 */
export function startStack(options: StackOptions = {}): Promise<Stack> {
  return withProgress(options, async (report) => {
    const specs = options.pgbouncers ?? standardPgBouncers;
    const binaries = Promise.all(specs.map((spec) => pgbouncerBinary(spec, report)));
    // PostgreSQL is awaited first; until then nobody else listens to this failure.
    binaries.catch(() => {});
    const postgres = await openPostgres(options.postgres ?? {}, report);
    const odysseys: Odyssey[] = [];
    const stack = stackOf(postgres, odysseys, report);
    try {
      await binaries;
      await allStarted(specs.map((spec) => stack.startPgBouncer(spec)));
      for (const spec of options.odysseys ?? [])
        odysseys.push(await startOdyssey(spec, postgres.address, { onProgress: report }));
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  });
}

/** Like Promise.all, but a failure comes out when nothing is starting any more that would have to be stopped. */
async function allStarted(starting: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(starting);
  await Promise.all(starting);
}

function stackOf(postgres: Postgres, odysseys: readonly Odyssey[], report: (line: string) => void): Stack {
  // In the order in which they were asked for; a place is taken from the moment when it starts.
  const places: { readonly name: string; bouncer?: PgBouncer }[] = [];
  const started = () => places.flatMap(({ bouncer }) => bouncer ?? []);
  const stop = async () => {
    await Promise.all([...started(), ...odysseys].map((pooler) => pooler.stop()));
    await postgres.stop();
  };
  return {
    postgres,
    get pgbouncers() {
      return started();
    },
    odysseys,
    pgbouncer(name) {
      const bouncer = started().find((other) => other.name === name);
      if (bouncer !== undefined) return bouncer;
      const names = started().map((other) => `"${other.name}"`);
      throw new Error(
        `There is no PgBouncer "${name}" in this stack; there is ${names.join(', ') || 'none'}.`,
      );
    },
    async startPgBouncer(spec) {
      const place: (typeof places)[number] = { name: spec.name ?? spec.version };
      if (places.some(({ name }) => name === place.name)) {
        throw new Error(
          `There are two PgBouncers "${place.name}" in this stack: give one of them another name.`,
        );
      }
      places.push(place);
      try {
        const binary = await pgbouncerBinary(spec, report);
        place.bouncer = await openPgBouncer(spec, binary, postgres.address, report);
        return place.bouncer;
      } catch (error) {
        places.splice(places.indexOf(place), 1);
        throw error;
      }
    },
    createDatabase: (name) => postgres.createDatabase(name),
    dropDatabase: (name) => postgres.dropDatabase(name),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
