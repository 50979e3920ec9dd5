import { always, behindPooler, type Case, type Declared } from '../case.ts';
import { Finding, innermost } from '../verdict.ts';

const onlyLatest: Declared = ({ row }) => (row === 'pgbouncer-1.26' || row === 'direct' ? 'ok' : 'error');

const from124: Declared = ({ row }) => (row === 'pgbouncer-1.18' ? 'error' : 'ok');

const nowhere = behindPooler('error');

interface Parameter {
  readonly option: string;
  readonly value: string | number;
  /** What PostgreSQL shows of it. */
  readonly shows: readonly [setting: string, value: string];
  /** Where PgBouncer accepts it. */
  readonly bare: Declared;
}

const parameters: readonly Parameter[] = [
  { option: 'statement_timeout', value: 5000, shows: ['statement_timeout', '5s'], bare: nowhere },
  { option: 'lock_timeout', value: 5000, shows: ['lock_timeout', '5s'], bare: nowhere },
  {
    option: 'idle_in_transaction_session_timeout',
    value: 5000,
    shows: ['idle_in_transaction_session_timeout', '5s'],
    bare: nowhere,
  },
  {
    option: 'options',
    value: '-c statement_timeout=5000',
    shows: ['statement_timeout', '5s'],
    bare: nowhere,
  },
  { option: 'options', value: '-c app.tenant_id=1', shows: ['app.tenant_id', '1'], bare: nowhere },
  { option: 'options', value: '-c search_path=public', shows: ['search_path', 'public'], bare: onlyLatest },
  { option: 'options', value: '-c TimeZone=UTC', shows: ['TimeZone', 'UTC'], bare: from124 },
  {
    option: 'application_name',
    value: 'conformance',
    shows: ['application_name', 'conformance'],
    bare: always('ok'),
  },
];

/** The pooler's row is given, so that the suite also shows that the row is right. */
const parameterCases = parameters.map(({ option, value, shows: [setting, shown], bare }) => {
  const title = option === 'options' ? `options: '${value}'` : option;
  return {
    id: `startup-${title.replace(/\W+/g, '-').replace(/-$/, '')}`,
    title: `Startup parameter ${title}`,
    needs: ['startup'],
    bare,
    safe: always('ok'),
    async run(context) {
      const app = context.app({ startup: { [option]: value }, poolsafe: { pooler: context.pooler.row } });
      const text = `select current_setting('${setting}') as seen`;
      const seen = await app.transaction((tx) => tx.query(text));
      if (seen[0]?.seen !== shown) throw new Finding('wrong answer', `${setting} is ${seen[0]?.seen}`);
    },
  } satisfies Case;
});

/** Prisma has the code of PostgreSQL in the text only. */
async function cancelled(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => new Finding('wrong answer', 'nothing was cancelled'),
    (reason) => reason,
  );
  if (!/due to statement timeout/.test(String(innermost(error).message))) throw error;
}

/** Time limits for whatever an application runs, and for nobody else. */
const timeout: Case = {
  id: 'startup-timeout',
  title:
    'statement_timeout of 300 ms: a query and a transaction are cancelled in time, another client is not',
  needs: ['startup'],
  bare: nowhere,
  safe: always('ok'),
  async run({ app }) {
    const [hurried, calm] = [app({ startup: { statement_timeout: 300 } }), app()];
    const slow = 'select pg_sleep(1.2)';
    await Promise.all([
      cancelled(hurried.query(slow)),
      cancelled(hurried.transaction((tx) => tx.query(slow))),
      calm.query(slow),
    ]);
  },
};

/** Startup parameters: what a login may carry. */
export const startupCases: readonly Case[] = [
  ...parameterCases,
  timeout,
  {
    id: 'url-keys',
    title: "The URL has Prisma's keys: pgbouncer, connection_limit, pool_timeout, schema",
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run({ site, app }) {
      const url = new URL(site.url);
      const keys = { pgbouncer: 'true', connection_limit: '1', pool_timeout: '10', schema: site.schema };
      for (const [key, value] of Object.entries(keys)) url.searchParams.set(key, value);
      const [row] = await app({ url: url.href }).query('select 1 as one');
      if (row?.one !== 1) throw new Finding('wrong answer', 'select 1 is not 1');
    },
  },
];
