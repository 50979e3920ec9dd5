import { setTimeout as sleep } from 'node:timers/promises';
import { always, type Case, type Context } from '../case.ts';
import { closedGate, connected, type Gate } from '../others.ts';
import type { Site } from '../site.ts';
import type { Migration } from '../subject.ts';
import { Finding, innermost } from '../verdict.ts';

/** What the cases have in common. */
const deployments = {
  needs: ['migrate'],
  bare: always('ok'),
  safe: always('ok'),
  deadline: 12_000,
  // Three deployments, the one that holds the gate, and nobody else.
  settings: { default_pool_size: 4 },
} satisfies Partial<Case>;

/** Milliseconds in which a short query of another client must be through. */
const patience = 3_000;

/** Answers to another client, in whose time the deployments have come as far as they come. */
const enough = 40;

const note: Migration = { name: '0001_note', sql: 'create table note (body text not null)' };
const slow: Migration = { name: '0002_slow', sql: 'select pg_sleep(0.2)' };
const seed = (name: string): Migration => ({ name, sql: "insert into note values ('seed')" });

/** Divides by zero, when the gate has opened. */
const brokenAt = ({ pass }: Gate) =>
  `with gate_row as materialized (select n ${pass}) select 1 / (n - 1) from gate_row`;

/** Deployments that start together. */
export const migrationCases: readonly Case[] = [
  {
    id: 'migrations',
    title:
      'Three deployments at once: each migration is applied once, others work meanwhile, no lock is left',
    ...deployments,
    async run(context) {
      const { site } = context;
      const migrations = [note, slow, seed('0003_seed')];
      await deploy(context, [note]);
      await assertOnce(
        site,
        await deployAtGate(context, (gate) => [
          ...migrations,
          { name: '0004_gate', sql: `select 1 ${gate.pass}` },
        ]),
      );
      // Without a gate, and with the migrator's own tables still to be made.
      await site.empty();
      await assertOnce(site, await Promise.allSettled([1, 2, 3].map(() => deploy(context, migrations))));
    },
  },
  {
    id: 'migrations-failing',
    title: 'The same with a migration that fails: all end with its error, the next deployment applies it',
    ...deployments,
    async run(context) {
      await deploy(context, [note]);
      const all = await deployAtGate(context, (gate) => [note, { name: '0002_broken', sql: brokenAt(gate) }]);
      for (const ended of all) {
        if (ended.status === 'fulfilled') throw new Finding('wrong answer', 'a deployment did not fail');
        if (innermost(ended.reason).code !== '22012') throw ended.reason;
      }
      await assertNoLock(context.site);
      await deploy(context, [note, seed('0002_broken')]);
      await assertOnce(context.site, []);
    },
  },
];

async function deploy(context: Context, migrations: readonly Migration[]): Promise<void> {
  const app = context.app({ max: 3 });
  try {
    await app.migrate?.(migrations);
  } finally {
    await app.end();
  }
}

/**
 * Deploys three times, up to a migration that waits at a gate: when the first is there, the others start. The gate
 * opens when another client has done some work meanwhile, or when all three wait there, which is what they do
 * without any lock.
 */
async function deployAtGate(
  context: Context,
  migrations: (gate: Gate) => readonly Migration[],
): Promise<PromiseSettledResult<void>[]> {
  await using gate = await closedGate(context.site);
  let over = 0;
  const start = () =>
    deploy(context, migrations(gate)).finally(() => {
      over += 1;
    });
  const first = Promise.allSettled([start()]);
  while (over === 0 && (await gate.waiting()) === 0) await sleep(10);
  const others = Promise.allSettled([start(), start()]);
  await using stranger = await strangerAt(context.site);
  while (stranger.answers() < enough && over < 3 && (await gate.waiting()) < 3) {
    if (stranger.silence() > patience)
      throw new Finding('hang', 'another client waits behind the deployments');
    await sleep(10);
  }
  await gate.open();
  return [...(await first), ...(await others)];
}

/** Somebody else, who asks one thing after the other. */
interface Stranger extends AsyncDisposable {
  /** How often there was an answer. */
  answers(): number;
  /** Milliseconds since the last one. */
  silence(): number;
}

async function strangerAt({ url }: Site): Promise<Stranger> {
  const client = await connected(url);
  let [answers, last, leaving] = [0, Date.now(), false];
  const work = async () => {
    while (!leaving) {
      await client.query('select pg_sleep(0.01)');
      answers += 1;
      last = Date.now();
    }
  };
  // Nothing comes any more, if nobody lets it through: then its connection ends with the pooler.
  work().catch(() => {});
  return {
    answers: () => answers,
    silence: () => Date.now() - last,
    async [Symbol.asyncDispose]() {
      leaving = true;
      await client.end();
    },
  };
}

/** Whether all deployments succeeded, what they seeded is there once, and no lock is left. */
async function assertOnce(site: Site, deployments: readonly PromiseSettledResult<void>[]): Promise<void> {
  const [row] = await site.sql('select count(*)::int as n from note');
  if (Number(row?.n) > 1) throw new Finding('wrong answer', `a migration is applied ${String(row?.n)} times`);
  for (const ended of deployments) if (ended.status === 'rejected') throw ended.reason;
  if (row?.n !== 1) throw new Finding('wrong answer', 'a migration is not applied, and no error');
  await assertNoLock(site);
}

async function assertNoLock({ admin }: Site): Promise<void> {
  const held = await admin(`select 1 from pg_locks l join pg_database d on d.oid = l.database
    where locktype = 'advisory' and datname = current_database()`);
  if (held.length > 0) throw new Finding('leak', 'the lock outlives the deployments');
}
