import { setTimeout as sleep } from 'node:timers/promises';
import { always, behindPooler, type Case, type Context, classicOrTracking } from '../case.ts';
import { otherRole, type Site } from '../site.ts';
import type { App } from '../subject.ts';
import { Finding } from '../verdict.ts';

/** A setting that was local to a transaction reads as an empty string from then on, not as null. */
const tenantIn = (setting: string) => `select nullif(current_setting('${setting}', true), '') as tenant`;
const readTenant = tenantIn('app.tenant_id');

/** A table whose rows belong to tenants 1 to 20, and the setting that says who reads. */
async function notes({ sql, schema }: Site): Promise<{ note: string; setting: string }> {
  const note = `${schema}.note`;
  // Named after the schema, since a bare library leaves it on server connections of whoever owns the pooler.
  const setting = `${schema}.tenant_id`;
  await sql(`
    create table ${note} (tenant_id int not null, body text not null);
    insert into ${note} select i, 'note of tenant ' || i from generate_series(1, 20) i;
    alter table ${note} enable row level security;
    alter table ${note} force row level security;
    create policy tenant on ${note} using (tenant_id = nullif(current_setting('${setting}', true), '')::int);`);
  return { note, setting };
}

/** As people do it, SET for whatever comes next; or with poolsafe, for this request. */
async function inRequest<T>(
  { subject, side }: Context,
  app: App,
  [name, value]: readonly [name: string, value: string],
  work: () => Promise<T>,
): Promise<T> {
  if (side === 'safe' && subject.withSettings) return subject.withSettings({ [name]: value }, work);
  await app.query(`select set_config('${name}', '${value}', false)`);
  return work();
}

/** Whether an application hears what another one says. */
async function hears(context: Context, app: App): Promise<void> {
  let heard = 0;
  await app.listen('news', () => {
    heard += 1;
  });
  const publisher = context.app();
  for (let i = 0; i < 5; i += 1) await publisher.query('notify news');
  // Each of these round trips is a chance for a notification to arrive.
  for (let i = 0; i < 20; i += 1) await publisher.query('select pg_sleep(0.01)');
  if (heard === 0) throw new Finding('wrong answer', '0 of 5 notifications arrived, and no error');
}

/** The backend of a client that has left ends a moment later, and its locks with it. */
async function noSession({ admin }: Site): Promise<void> {
  const others = `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  while ((await admin(others)).length > 0) await sleep(10);
}

/** State of a session: it stays on a server connection, for whoever gets that next. */
export const sessionCases: readonly Case[] = [
  {
    id: 'session-set-lost',
    title: 'SET, then read it on the same checked-out client',
    needs: ['session'],
    bare: behindPooler('wrong answer'),
    safe: always('refused'),
    async run(context) {
      await context.app().session(async (session) => {
        await session.query("set app.tenant_id = '1'");
        const [row] = await context.elsewhere(() => session.query(readTenant));
        if (row?.tenant !== '1')
          throw new Finding('wrong answer', `the setting reads ${String(row?.tenant)}`);
      });
    },
  },
  {
    id: 'session-set-leaked',
    title: 'SET, then another client reads it',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      await context.app().query("set app.tenant_id = '1'");
      const [row] = await context.app().query(readTenant);
      if (row?.tenant !== null)
        throw new Finding('leak', `another client reads tenant ${String(row?.tenant)}`);
    },
  },
  {
    id: 'session-role-leaked',
    title: 'SET ROLE, then another client acts',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      await context.app().query(`set role ${otherRole}`);
      const [row] = await context.app().query('select current_user::text as role');
      if (row?.role === otherRole) throw new Finding('leak', `another client acts as ${otherRole}`);
    },
  },
  {
    id: 'tenant-leak',
    title: 'Row-level security: tenant 1 reads the rows of tenant 2',
    needs: ['session'],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      const { note, setting } = await notes(context.site);
      const [first, second] = [context.app(), context.app()];
      await first.session(async (session) => {
        await session.query(`select set_config('${setting}', $1, false)`, ['1']);
        await second.query(`select set_config('${setting}', $1, false)`, ['2']);
        const rows = await session.query(`select body from ${note}`);
        const foreign = rows.find((row) => row.body !== 'note of tenant 1');
        if (foreign !== undefined) throw new Finding('leak', `tenant 1 reads "${String(foreign.body)}"`);
      });
    },
  },
  {
    id: 'tenant-request',
    title: 'A setting for each request: two tenants read their rows, and whoever sets nothing reads none',
    needs: ['settings'],
    bare: behindPooler('leak'),
    safe: always('ok'),
    async run(context) {
      const { note, setting } = await notes(context.site);
      const [app, nobody] = [context.app({ settings: true }), context.app()];
      const read = `select body from ${note}`;
      for (const tenant of [1, 2]) {
        const rows = await inRequest(context, app, [setting, String(tenant)], () => app.query(read));
        if (rows.length !== 1 || rows[0]?.body !== `note of tenant ${tenant}`) {
          throw new Finding('wrong answer', `tenant ${tenant} reads ${rows.length} rows, not its own one`);
        }
      }
      const [foreign] = await nobody.query(read);
      if (foreign !== undefined)
        throw new Finding('leak', `whoever sets nothing reads "${String(foreign.body)}"`);
    },
  },
  {
    id: 'temp-table-shadow',
    title: 'Temporary table of one client shadows the real one for another',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      await context.site.sql("create table item as select 'real' as name");
      await context.app().query("create temp table item as select 'temporary' as name");
      const [row] = await context.app().query('select name from item');
      if (row?.name !== 'real')
        throw new Finding('leak', `another client reads the ${String(row?.name)} row`);
    },
  },
  {
    id: 'lock-around-work',
    title: 'A lock around some work: two clients never are in it at once',
    needs: ['lock'],
    bare: behindPooler('wrong answer'),
    safe: always('ok'),
    async run(context) {
      const [first, second] = [context.app(), context.app()];
      let inside = 0;
      const enter = async () => {
        inside += 1;
        if (inside > 1) throw new Finding('wrong answer', 'two clients are in it at once');
        await sleep(300);
        inside -= 1;
      };
      await Promise.all([first.locked?.(42, enter), sleep(100).then(() => second.locked?.(42, enter))]);
    },
  },
  {
    id: 'advisory-lock-shared',
    title: 'Session advisory lock: two clients hold it at once',
    needs: [],
    bare: behindPooler('wrong answer'),
    safe: always('refused'),
    async run(context) {
      const lock = 'select pg_try_advisory_lock(42) as held';
      const [first] = await context.app().query(lock);
      const [second] = await context.app().query(lock);
      if (first?.held === true && second?.held === true) {
        throw new Finding('wrong answer', 'both clients hold the exclusive lock');
      }
    },
  },
  {
    id: 'advisory-lock-stranded',
    title: 'Session advisory lock: still held after its client is gone',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      const app = context.app();
      await app.query('select pg_advisory_lock(43)');
      await app.end();
      if (context.pooler.row === 'direct') await noSession(context.site);
      const held = await context.site.admin(
        "select 1 from pg_locks where locktype = 'advisory' and objid = 43",
      );
      if (held.length > 0) throw new Finding('leak', 'the lock outlives the client that took it');
    },
  },
  {
    id: 'listen',
    title: 'LISTEN',
    needs: ['listen'],
    bare: behindPooler('wrong answer'),
    safe: always('refused'),
    run: (context) => hears(context, context.app()),
  },
  {
    id: 'listen-direct',
    title: 'LISTEN, and poolsafe has been given `direct`',
    needs: ['listen'],
    bare: behindPooler('wrong answer'),
    safe: always('ok'),
    async run(context) {
      const { directUrl: direct } = context.site;
      if (direct === undefined) throw new Error('This case needs a direct connection beside the pooler.');
      const told = context.app({ poolsafe: { ...context.options.poolsafe, direct } });
      await hears(context, told);
    },
  },
  {
    id: 'hold-cursor',
    title: 'Cursor WITH HOLD: another client reads it',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      await context
        .app()
        .transaction((tx) =>
          tx.query("declare c cursor with hold for select 'mine' as owner from generate_series(1, 3)"),
        );
      const rows = await context
        .app()
        .query('fetch 1 from c')
        .catch(() => []);
      if (rows.length > 0) throw new Finding('leak', "another client fetches this client's rows");
    },
  },
  {
    id: 'lastval',
    title: "lastval(): another client's id",
    needs: [],
    bare: behindPooler('wrong answer'),
    safe: always('refused'),
    async run(context) {
      await context.site.sql('create table item (id serial primary key)');
      const app = context.app();
      const [inserted] = await app.query('insert into item default values returning id');
      await context.app().query('insert into item default values');
      const [row] = await app.query('select lastval()::int as id');
      if (row?.id !== inserted?.id) {
        throw new Finding(
          'wrong answer',
          `inserted ${String(inserted?.id)}, lastval() says ${String(row?.id)}`,
        );
      }
    },
  },
  {
    id: 'sql-prepare',
    title: 'SQL-level PREPARE: another client executes it',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      await context.app().query("prepare p as select 'mine' as owner");
      const rows = await context
        .app()
        .query('execute p')
        .catch(() => []);
      if (rows.length > 0) throw new Finding('leak', 'another client executes what this client prepared');
    },
  },
  {
    id: 'discard-all',
    title: "DISCARD ALL: another client's prepared statement is gone",
    needs: ['named'],
    bare: classicOrTracking('error', 'ok'),
    safe: always('refused'),
    async run(context) {
      const app = context.app();
      await app.named('one', 'select $1::int as n', [1]);
      await context.app().query('discard all');
      await app.named('one', 'select $1::int as n', [2]);
    },
  },
  {
    id: 'tenant-local',
    title: 'Row-level security with set_config(…, true) in a transaction: 20 tenants at once',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const { note, setting } = await notes(context.site);
      const app = context.app({ max: 10 });
      const tenants = Array.from({ length: 200 }, (_, i) => (i % 20) + 1);
      const read = (tenant: number) =>
        app.transaction(async (tx) => {
          await tx.query(`select set_config('${setting}', $1, true)`, [String(tenant)]);
          return tx.query(`select body from ${note}`);
        });
      const answers = await Promise.all(tenants.map(read));
      const leaked = answers.findIndex(
        (rows, i) => rows.length !== 1 || rows[0]?.body !== `note of tenant ${tenants[i]}`,
      );
      if (leaked >= 0) {
        throw new Finding(
          'leak',
          `tenant ${tenants[leaked]} reads ${answers[leaked]?.length} rows, not its own one`,
        );
      }
      const [row] = await app.query(tenantIn(setting));
      if (row?.tenant !== null) throw new Finding('leak', 'the setting outlives its transaction');
    },
  },
  {
    id: 'transaction-scoped',
    title:
      'SET LOCAL, transaction lock, temporary table ON COMMIT DROP, lastval() and cursor in a transaction',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      await context.site.sql('create table item (id serial primary key)');
      const app = context.app();
      await app.transaction(async (tx) => {
        await tx.query("set local statement_timeout = '9s'");
        await tx.query('select pg_advisory_xact_lock(44)');
        await tx.query('create temp table scratch on commit drop as select 1 as n');
        const [inserted] = await tx.query('insert into item default values returning id');
        const [last] = await tx.query('select lastval()::int as id');
        if (last?.id !== inserted?.id) throw new Finding('wrong answer', 'lastval() is not the id inserted');
        await tx.query('declare c cursor for select generate_series(1, 3) as n');
        const [first] = await tx.query('fetch 1 from c');
        if (first?.n !== 1) throw new Finding('wrong answer', 'the cursor does not begin with its first row');
      });
      await app.query('notify news');
      const [left] = await app.query("select to_regclass('pg_temp.scratch')::text as scratch");
      if (left?.scratch !== null) throw new Finding('leak', 'the temporary table outlives its transaction');
    },
  },
  {
    id: 'session-function',
    title: 'setseed(): another client draws the same numbers',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      const [app, other] = [context.app(), context.app()];
      const draw = async () => {
        await app.query('select setseed(0.42)');
        const [row] = await other.query('select random() as number');
        return row?.number;
      };
      const [first, second] = [await draw(), await draw()];
      if (first === second) throw new Finding('leak', "another client's random() follows this seed");
    },
  },
  {
    id: 'load',
    title: 'LOAD: another client has the library',
    needs: [],
    bare: behindPooler('leak'),
    safe: always('refused'),
    async run(context) {
      // Only a superuser may load any library there is.
      const url = context.site.superuserUrl ?? context.site.url;
      await context.app({ url }).query("load 'auto_explain'");
      const loaded = "select current_setting('auto_explain.log_min_duration', true) as setting";
      const [row] = await context.app({ url }).query(loaded);
      if (row?.setting !== null) throw new Finding('leak', "another client has this client's library");
    },
  },
];
