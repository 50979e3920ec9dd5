import { configError, type Plan, type PoolsafeOptions } from '@poolsafe/core';

/** What the entries of this package differ in. */
export interface Driver<TClient> {
  /** `drizzle(client, config)` is the oldest of its signatures, which every supported version has. */
  readonly original: (client: TClient, config: object) => object;
  readonly connect: (connection: unknown, poolsafe: PoolsafeOptions | undefined) => TClient;
  readonly isClient: (client: unknown) => client is TClient;
  /** The client as Drizzle gets it. Default: as it is. */
  readonly handOver?: (client: TClient) => TClient;
  /** How to make a client, for the sentence that asks for one. */
  readonly making: string;
}

/** The argument of `drizzle` that is a config, or stands beside a URL or a client. */
interface Options {
  readonly client?: unknown;
  readonly connection?: unknown;
  readonly poolsafe?: PoolsafeOptions | undefined;
}

/** Whether poolsafe made this: its clients carry their plan. */
export function isGuarded(client: unknown): boolean {
  return (client as { poolsafe?: Plan } | null | undefined)?.poolsafe !== undefined;
}

/** How to make each database once more, over another client. By its session, which is what copies of it share. */
const makers = new WeakMap<object, (client: never) => object>();

/** The same database over another client, such as one that belongs to nobody else. */
export function overClient(database: object, client: unknown): object {
  const make = makers.get((database as Made).session);
  return make?.(client as never) ?? database;
}

/** What every version of Drizzle gives. */
interface Made {
  readonly session: object;
}

/**
 * `drizzle()` of a driver in all its forms, over a guarded client.
 *
 * @throws ConfigError for a client that is not guarded, and whatever making one throws
 */
export function guardedDrizzle<TClient>(
  driver: Driver<TClient>,
): (first: unknown, second?: Options) => object {
  const { handOver = (client) => client } = driver;
  return (first, second) => {
    const { client, connection, poolsafe, ...config } = optionsOf(first, second);
    const guarded =
      client === undefined ? driver.connect(connection, poolsafe) : guardedClient(client, poolsafe, driver);
    const make = (client: TClient) =>
      // An old Drizzle does not tell its client, and nobody could end one that was made from a URL.
      Object.assign(driver.original(handOver(client), config), { $client: client });
    const made = make(guarded);
    makers.set((made as unknown as Made).session, make);
    return made;
  };
}

function optionsOf(first: unknown, second: Options | undefined): Options {
  if (typeof first === 'string') return { ...second, connection: first };
  if ((typeof first !== 'object' && typeof first !== 'function') || first === null) {
    throw configError(
      `drizzle() was given ${first === undefined ? 'nothing' : 'something else'} where a URL, a config or a client goes.`,
      'check that the environment variable with the URL is set',
    );
  }
  const isConfig = Object.getPrototypeOf(first) === Object.prototype && !('query' in first);
  return isConfig ? first : { ...second, client: first };
}

function guardedClient<TClient>(
  client: unknown,
  poolsafe: PoolsafeOptions | undefined,
  { isClient, making }: Driver<TClient>,
): TClient {
  if (!isClient(client) || !isGuarded(client)) {
    throw configError(
      'drizzle() was given a client that poolsafe does not guard.',
      `make it with ${making}, or give drizzle() the URL`,
    );
  }
  if (poolsafe !== undefined) {
    throw configError(
      'drizzle() was given both a client and `poolsafe`, which only counts when the client is made.',
      `give \`poolsafe\` to ${making}`,
    );
  }
  return client;
}
