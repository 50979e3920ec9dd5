import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DebianPython, debianPython, type PgBouncer, startPgBouncer } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { explainText } from '../src/explain-text.ts';
import { type Recipe, type RecipeName, recipes } from '../src/ways-out.ts';

// What `poolsafe explain` tells users of Python to write is run here as it is printed, with Debian's Python packages:
// 200 queries by 10 workers through each PgBouncer, whose server connections are taken in turn.

const { postgres } = inject('servers');
const script = fileURLToPath(new URL('./python/run.py', import.meta.url));

const bouncers = [
  { name: '1.18', version: '1.18' },
  { name: '1.24off', version: '1.24', settings: { max_prepared_statements: 0 } },
  { name: '1.24', version: '1.24', settings: { max_prepared_statements: 200 } },
  { name: 'latest', version: 'latest', settings: { max_prepared_statements: 200 } },
  { name: 'session', version: '1.24', settings: { pool_mode: 'session', default_pool_size: 15 } },
].map((spec) => ({ ...spec, settings: { server_round_robin: 1, ...spec.settings } }));

const classic = ['1.18', '1.24off'];
const tracking = ['1.24', 'latest'];
const transaction = [...classic, ...tracking];

/** What a project has before it asks: its stack as its documentation begins, and what then goes wrong where. */
interface Case {
  readonly kind: string;
  readonly stack: RecipeName;
  readonly hazard: Recipe['hazard'];
  readonly bare: string;
  /** Stays when the recipe is applied. */
  readonly kept?: string;
  readonly codes: readonly string[];
  readonly red: readonly string[];
}

const statements = {
  hazard: 'POOLSAFE_STATEMENT_NAME',
  codes: ['statement-missing', 'statement-exists'],
} as const;

const cases: readonly Case[] = [
  {
    kind: 'asyncpg',
    stack: 'asyncpg',
    ...statements,
    bare: 'import asyncpg\npool = asyncpg.create_pool(DATABASE_URL)',
    red: classic,
  },
  {
    kind: 'psycopg',
    stack: 'psycopg',
    ...statements,
    bare: 'import psycopg\nconnection = psycopg.connect(DATABASE_URL)',
    red: classic,
  },
  {
    kind: 'sqlalchemy-asyncpg',
    stack: 'sqlalchemy-asyncpg',
    ...statements,
    bare: 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(DATABASE_URL)',
    red: classic,
  },
  {
    kind: 'sqlalchemy-psycopg',
    stack: 'sqlalchemy-psycopg',
    ...statements,
    bare: 'from sqlalchemy import create_engine\nengine = create_engine(DATABASE_URL)',
    red: classic,
  },
  {
    kind: 'django',
    stack: 'django',
    ...statements,
    bare: 'DATABASES["default"]["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 5}',
    kept: 'DATABASES["default"]["OPTIONS"] = {"server_side_binding": True}',
    red: classic,
  },
  {
    kind: 'django iterator',
    stack: 'django',
    hazard: 'POOLSAFE_HOLD_CURSOR',
    codes: ['cursor-gone'],
    bare: '',
    red: transaction,
  },
];

interface Result {
  readonly name: string;
  readonly ok: number;
  /** A traceback for each class of error. */
  readonly errors: Readonly<Record<string, string>>;
}

let python: DebianPython;
let started: PgBouncer[] = [];
const table: string[] = [];

beforeAll(async () => {
  python = await debianPython(
    ['python3-asyncpg', 'python3-django', 'python3-psycopg-c', 'python3-sqlalchemy'],
    { onProgress: (line) => console.info(line) },
  );
  started = await Promise.all(bouncers.map((spec) => startPgBouncer(spec, postgres)));
}, 300_000);

afterAll(async () => {
  await Promise.all(started.map((bouncer) => bouncer.stop()));
  console.info(table.join('\n'));
});

async function sql(database: string, text: string): Promise<void> {
  const client = new pg.Client({ ...postgres, database });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

/** A database of its own, hence server connections of its own: statements that others have left would be run. */
async function createShop(): Promise<{ readonly name: string } & AsyncDisposable> {
  const name = `shop_${randomBytes(6).toString('hex')}`;
  await sql('postgres', `create database ${name}`);
  await sql(name, 'create table items as select generate_series(1, 5) as id');
  return { name, [Symbol.asyncDispose]: () => sql('postgres', `drop database ${name} with (force)`) };
}

describe.each(cases)('$kind', ({ kind, stack, hazard, codes, bare, kept, red }) => {
  const recipe = recipes[stack].find((row) => row.hazard === hazard);

  test('red without the settings, green with them; and the other ways out', {
    timeout: 150_000,
  }, async () => {
    if (recipe === undefined) throw new Error(`There is no recipe for ${stack} and ${hazard}.`);
    await using bareShop = await createShop();
    await using recipeShop = await createShop();
    const everywhere = [...transaction, 'session', 'direct'];
    const [without, with_] = await Promise.all([
      run(kind, 'bare', bare, bareShop.name, everywhere),
      run(kind, 'recipe', `${kept ?? ''}\n${recipe.settings}`, recipeShop.name, transaction),
    ]);
    const green = (results: readonly Result[]) =>
      results.filter(({ ok }) => ok === 200).map(({ name }) => name);
    expect(green(with_.results)).toEqual(transaction);
    expect(green(without.results)).toEqual(everywhere.filter((name) => !red.includes(name)));
    // The page names the versions that ran.
    for (const version of versionsOf(stack, with_.versions)) expect(recipe.verified).toContain(version);

    // What Python printed is understood, as of this stack, and is answered with what was just run.
    for (const { errors } of without.results) {
      for (const traceback of Object.values(errors)) {
        const { findings } = explainText(traceback);
        expect(findings.map(({ code }) => code)).toHaveLength(1);
        expect(codes).toContain(findings[0]?.code);
        expect(findings[0]?.advice.map((one) => one.stack)).toEqual([stack]);
        expect(findings[0]?.advice[0]?.ways[0]?.settings).toBe(recipe.settings);
      }
    }
  });
});

interface Ran {
  readonly results: readonly Result[];
  readonly versions: Readonly<Record<string, string>>;
}

async function run(
  kind: string,
  as: 'bare' | 'recipe',
  code: string,
  database: string,
  names: readonly string[],
): Promise<Ran> {
  const [file, ...args] = python.command;
  const targets = [...started, { name: 'direct', address: postgres }]
    .filter(({ name }) => names.includes(name))
    .map(({ name, address }) => ({ name, database, ...address }));
  const child = execFile(file, [...args, script], {
    env: { ...process.env, ...python.env },
    timeout: 140_000,
    maxBuffer: 10_000_000,
  });
  let output = '';
  let complaints = '';
  child.stdout?.on('data', (piece: string) => {
    output += piece;
  });
  child.stderr?.on('data', (piece: string) => {
    complaints += piece;
  });
  child.stdin?.end(JSON.stringify({ kind, code, targets }));
  const [exit] = await once(child, 'close');
  if (exit !== 0) throw new Error(`${kind}: Python ended with ${exit}\n${complaints}`);
  const ran = JSON.parse(output) as Ran;
  const cells = ran.results.map(({ name, ok }) => `${name}: ${ok}`.padEnd(13));
  table.push(`${kind.padEnd(19)}${as.padEnd(7)}${cells.join(' ')} of 200`);
  return ran;
}

/** `SQLAlchemy 2.0`, `asyncpg 0.30`. */
function versionsOf(stack: RecipeName, versions: Ran['versions']): readonly string[] {
  return Object.entries(versions)
    .filter(([name]) => stack.includes(name.toLowerCase()))
    .map(([name, version]) => `${name} ${version.split('.').slice(0, 2).join('.')}`);
}
