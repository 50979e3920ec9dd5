import {
  type App,
  type AppOptions,
  type Declared,
  type Row,
  type Runner,
  type Subject,
  type Verdict,
  verdictsOfPostgresJs,
} from '@poolsafe/conformance';
import type * as poolsafe from '@poolsafe/postgres';
import safe, { withSettings } from '@poolsafe/postgres';
import postgres from 'postgres';

type Lib = typeof postgres;
type Sql = postgres.ISql;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  (lib: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const config = { max, connection: startup ?? {}, onnotice: () => {} };
    const sql = lib(url, { ...config, ...(options && { poolsafe: options }) } as postgres.Options<never>);
    return {
      ...runnerOf(sql),
      async session(work) {
        const reserved = await sql.reserve();
        try {
          return await work(runnerOf(reserved));
        } finally {
          reserved.release();
        }
      },
      transaction: (work) => sql.begin((tx) => work(runnerOf(tx))) as never,
      async listen(channel, onNotification) {
        await sql.listen(channel, onNotification);
      },
      async stream(text, take) {
        const rows: Row[] = [];
        for await (const batch of tag(sql, text).cursor(10)) {
          rows.push(...batch.slice(0, take - rows.length));
          if (rows.length === take) break;
        }
        return rows;
      },
      async cancel(text, running) {
        const query = tag(sql, text).execute();
        running.then(() => query.cancel());
        await query;
      },
      async locked(key, work) {
        if ('withAdvisoryLock' in sql) return (sql as unknown as poolsafe.Sql).withAdvisoryLock(key, work);
        const reserved = await sql.reserve();
        try {
          await reserved`select pg_advisory_lock(${key})`;
          const result = await work();
          await reserved`select pg_advisory_unlock(${key})`;
          return result;
        } finally {
          reserved.release();
        }
      },
      end: () => sql.end(),
    };
  };

function runnerOf(sql: Sql): Runner {
  return {
    query: async (text, values) => [...(await tag(sql, text, values))],
    named: async (_, text, values) => [...(await tag(sql, text, values))],
  };
}

/** Text with $1, $2, … as the tagged template that an application would write. */
function tag(sql: Sql, text: string, values: readonly unknown[] = []): postgres.PendingQuery<Row[]> {
  const parts = text.split(/\$(\d+)/);
  const strings = parts.filter((_, i) => i % 2 === 0);
  const given = parts.filter((_, i) => i % 2 === 1).map((n) => values[Number(n) - 1]);
  return sql<Row[]>(Object.assign(strings, { raw: strings }), ...(given as never[]));
}

/** Where named statements are lost. */
const classic =
  (verdict: Verdict): Declared =>
  ({ tracking }) =>
    tracking ? 'ok' : verdict;

export const subject: Subject = {
  name: 'postgres.js',
  module: import.meta.url,
  supports: {
    named: true,
    session: true,
    listen: true,
    startup: true,
    stream: true,
    cancel: true,
    migrate: false,
    settings: true,
    lock: true,
    unsendable: () => undefined,
  },
  bareVerdicts: {
    ...verdictsOfPostgresJs,
    // Its names are random, and a statement that is missing it prepares again, with consequences.
    'named-elsewhere': 'ok',
    'named-two-clients': 'ok',
    'named-other-sql': 'ok',
    workload: 'ok',
    'discard-all': 'ok',
    'tenant-local': classic('error'),
    'at-once': classic('hang'),
    'at-once-failing': classic('hang'),
    'at-once-unsendable': 'hang',
    values: classic('wrong answer'),
    'lost-commits': classic('wrong answer'),
    'transaction-on-pool': 'error',
    'url-keys': 'error',
    'idle-timeout': 'ok',
    'restart-idle': 'ok',
    'killed-idle': 'ok',
    'killed-in-transaction': 'ok',
    'query-wait-timeout': 'error',
  },
  withSettings,
  bare: appOf(postgres),
  safe: appOf(safe as never),
};
