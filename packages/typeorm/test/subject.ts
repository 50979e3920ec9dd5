import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  type App,
  type AppOptions,
  type Migration,
  type Row,
  type Runner,
  type Subject,
  verdictsWithoutNames,
} from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/typeorm';
import * as bare from 'typeorm';
import { unsendable } from '../../pg/test/unsendable.ts';

type Lib = Pick<typeof bare, 'DataSource'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ DataSource }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const given = { url, poolSize: max, extra: { ...startup }, ...(options && { poolsafe: options }) };
    const dataSource = new DataSource({ type: 'postgres', ...given });
    let ready: Promise<bare.DataSource> | undefined;
    const connected = () => {
      // As NestJS does: TypeORM itself attempts once.
      ready ??= dataSource.initialize().catch((error) => {
        ready = undefined;
        throw error;
      });
      return ready;
    };
    const onRunner = async <T>(work: (runner: bare.QueryRunner) => Promise<T>) => {
      const runner = (await connected()).createQueryRunner();
      try {
        return await work(runner);
      } finally {
        await runner.release();
      }
    };
    return {
      ...runnerOf({ query: async (text, values) => (await connected()).query(text, values) }),
      transaction: async (work) => (await connected()).transaction((manager) => work(runnerOf(manager))),
      session: (work) => onRunner((runner) => work(runnerOf(runner))),
      listen: () => Promise.reject(new Error('TypeORM has no LISTEN of its own.')),
      stream: (text, take) => onRunner((runner) => firstRows(runner, text, take)),
      migrate: (migrations) =>
        deploy(new DataSource({ type: 'postgres', ...given, migrations: migrations.map(classOf) })),
      async end() {
        await ready?.then(() => dataSource.destroy());
      },
    };
  };

type Queryable = { query(text: string, values?: unknown[]): Promise<Row[] | undefined> };

function runnerOf(runner: Queryable): Runner {
  return {
    query: async (text, values) => (await runner.query(text, values && [...values])) ?? [],
    named: () => Promise.reject(new Error('TypeORM names no statement.')),
  };
}

async function firstRows(runner: bare.QueryRunner, text: string, take: number): Promise<Row[]> {
  const stream: Readable = await runner.stream(text);
  const rows: Row[] = [];
  for await (const row of stream) if (rows.push(row) === take) break;
  // To be left early is an error to it.
  await finished(stream).catch(() => {});
  return rows;
}

async function deploy(dataSource: bare.DataSource): Promise<void> {
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}

/** TypeORM wants the time of a migration in milliseconds at the end of its name. */
function classOf({ name, sql }: Migration): new () => bare.MigrationInterface {
  const time = 1_700_000_000_000 + Number.parseInt(name, 10);
  return class implements bare.MigrationInterface {
    readonly name = `${name}${time}`;
    async up(runner: bare.QueryRunner): Promise<void> {
      await runner.query(sql);
    }
    async down(): Promise<void> {}
  };
}

export const subject: Subject = {
  name: 'typeorm',
  module: import.meta.url,
  supports: {
    named: false,
    session: true,
    listen: false,
    startup: true,
    stream: true,
    cancel: false,
    migrate: true,
    settings: true,
    lock: false,
    unsendable,
  },
  bareVerdicts: {
    ...verdictsWithoutNames,
    // Its migrations take no lock.
    migrations: 'wrong answer',
    // It listens for the errors of its pool and of every client that it checks out.
    'idle-timeout': 'ok',
    'restart-idle': 'ok',
    'killed-idle': 'ok',
    'killed-in-transaction': 'ok',
    'killed-in-query': 'ok',
  },
  withSettings: poolsafe.withSettings,
  bare: appOf(bare),
  safe: appOf(poolsafe as unknown as Lib),
};
