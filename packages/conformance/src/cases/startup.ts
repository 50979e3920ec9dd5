import { always, behindPooler, type Case, type Declared } from '../case.ts';
import { Finding } from '../verdict.ts';

const onlyLatest =
  (others: 'error' | 'refused'): Declared =>
  ({ row }) =>
    row === 'pgbouncer-1.26' || row === 'direct' ? 'ok' : others;

const from124 =
  (others: 'error' | 'refused'): Declared =>
  ({ row }) =>
    row === 'pgbouncer-1.18' ? others : 'ok';

interface Parameter {
  readonly option: string;
  readonly value: string | number;
  /** Where PgBouncer accepts it, by the declared verdict for whatever happens elsewhere. */
  readonly accepted: (otherwise: 'error' | 'refused') => Declared;
}

const nowhere = (otherwise: 'error' | 'refused') => behindPooler(otherwise);
const everywhere = () => always('ok');

const parameters: readonly Parameter[] = [
  { option: 'statement_timeout', value: 5000, accepted: nowhere },
  { option: 'lock_timeout', value: 5000, accepted: nowhere },
  { option: 'idle_in_transaction_session_timeout', value: 5000, accepted: nowhere },
  { option: 'options', value: '-c statement_timeout=5000', accepted: nowhere },
  { option: 'options', value: '-c app.tenant_id=1', accepted: nowhere },
  { option: 'options', value: '-c search_path=public', accepted: onlyLatest },
  { option: 'options', value: '-c TimeZone=UTC', accepted: from124 },
  { option: 'application_name', value: 'conformance', accepted: everywhere },
];

/** The pooler's row is given, so that the suite also shows that the row is right. */
const parameterCases = parameters.map(({ option, value, accepted }) => {
  const title = option === 'options' ? `options: '${value}'` : option;
  return {
    id: `startup-${title.replace(/\W+/g, '-').replace(/-$/, '')}`,
    title: `Startup parameter ${title}`,
    needs: ['startup'],
    bare: accepted('error'),
    safe: accepted('refused'),
    async run(context) {
      const app = context.app({ startup: { [option]: value }, poolsafe: { pooler: context.pooler.row } });
      const [row] = await app.query('select 1 as one');
      if (row?.one !== 1) throw new Finding('wrong answer', 'select 1 is not 1');
    },
  } satisfies Case;
});

/** Startup parameters: what a login may carry. */
export const startupCases: readonly Case[] = [
  ...parameterCases,
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
