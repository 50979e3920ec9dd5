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
  readonly name: string;
  /** How run.py runs it. */
  readonly kind: string;
  readonly stack: RecipeName;
  /** Which of the recipes for the stack and the hazard. */
  readonly nth?: number;
  readonly hazard: Recipe['hazard'];
  readonly bare: string;
  /** Stays when the recipe is applied. */
  readonly kept?: string;
  readonly codes: readonly string[];
  readonly red: readonly string[];
  /** Each query leaves a statement behind, as the recipe says. */
  readonly leaves?: true;
}

const statements = {
  hazard: 'POOLSAFE_STATEMENT_NAME',
  codes: ['statement-missing', 'statement-exists'],
} as const;

const cases: readonly Case[] = [
  {
    name: 'asyncpg',
    kind: 'asyncpg',
    stack: 'asyncpg',
    ...statements,
    bare: 'import asyncpg\npool = asyncpg.create_pool(DATABASE_URL)',
    red: classic,
  },
  {
    name: 'psycopg',
    kind: 'psycopg',
    stack: 'psycopg',
    ...statements,
    bare: 'import psycopg\nconnection = psycopg.connect(DATABASE_URL)',
    red: classic,
  },
  {
    name: 'sqlalchemy, psycopg in place of asyncpg',
    kind: 'sqlalchemy-async',
    stack: 'sqlalchemy-asyncpg',
    ...statements,
    bare: 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(DATABASE_URL)',
    red: classic,
  },
  {
    name: 'sqlalchemy, asyncpg',
    kind: 'sqlalchemy-async',
    stack: 'sqlalchemy-asyncpg',
    nth: 1,
    ...statements,
    bare: 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(DATABASE_URL)',
    red: classic,
    leaves: true,
  },
  {
    name: 'sqlalchemy, psycopg',
    kind: 'sqlalchemy-psycopg',
    stack: 'sqlalchemy-psycopg',
    ...statements,
    bare: 'from sqlalchemy import create_engine\nengine = create_engine(DATABASE_URL)',
    red: classic,
  },
  {
    name: 'django',
    kind: 'django',
    stack: 'django',
    ...statements,
    bare: 'DATABASES["default"]["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 5}',
    kept: 'DATABASES["default"]["OPTIONS"] = {"server_side_binding": True}',
    red: classic,
  },
  {
    name: 'django, .iterator()',
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

describe.each(cases)('$name', ({ name, kind, stack, nth = 0, hazard, codes, bare, kept, red, leaves }) => {
  const rows = recipes[stack].filter((row) => row.hazard === hazard);
  const recipe = rows[nth];

  test('red without the settings, green with them; and the other ways out', {
    timeout: 150_000,
  }, async () => {
    if (recipe === undefined) throw new Error(`There is no recipe for ${stack} and ${hazard}.`);
    await using bareShop = await createShop();
    await using recipeShop = await createShop();
    const everywhere = [...transaction, 'session', 'direct'];
    const [without, with_] = await Promise.all([
      // A second recipe has the same project before it.
      nth === 0 ? run(kind, bare, bareShop.name, everywhere) : undefined,
      run(kind, `${kept ?? ''}\n${recipe.settings}`, recipeShop.name, transaction),
    ]);
    const left = await Promise.all(classic.map((pooler) => statementsLeft(pooler, recipeShop.name)));
    if (without !== undefined) table.push(tableRow(name, 'bare', without.results));
    table.push(tableRow(name, 'recipe', with_.results));
    if (leaves)
      table.push(`${' '.repeat(47)}${left.join(' and ')} statements left on the server connections`);
    const green = (results: readonly Result[]) =>
      results.filter(({ ok }) => ok === 200).map(({ name }) => name);
    expect(green(with_.results)).toEqual(transaction);
    expect(left).toEqual(leaves ? [200, 200] : [0, 0]);
    expect(versionsIn(String(recipe.verified))).toEqual(
      versionsIn(String(recipe.verified)).map(([library = '']) => [library, minor(with_.versions[library])]),
    );
    expect(versionsIn(String(recipe.verified))).not.toEqual([]);

    if (without === undefined) return;
    expect(green(without.results)).toEqual(everywhere.filter((name) => !red.includes(name)));
    // What Python printed is understood, as of this stack, and is answered with what was just run.
    for (const { errors } of without.results) {
      for (const traceback of Object.values(errors)) {
        const { findings } = explainText(traceback);
        expect(findings.map(({ code }) => code)).toHaveLength(1);
        expect(codes).toContain(findings[0]?.code);
        expect(findings[0]?.advice.map((one) => one.stack)).toEqual([stack]);
        const told = findings[0]?.advice[0]?.ways.map(({ settings }) => settings);
        expect(told?.slice(0, rows.length)).toEqual(rows.map(({ settings }) => settings));
      }
    }
  });
});

interface Ran {
  readonly results: readonly Result[];
  readonly versions: Readonly<Record<string, string>>;
}

async function run(kind: string, code: string, database: string, names: readonly string[]): Promise<Ran> {
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
  return JSON.parse(output) as Ran;
}

function tableRow(name: string, as: string, results: readonly Result[]): string {
  const cells = results.map(({ name, ok }) => `${name}: ${ok}`.padEnd(13));
  return `${name.padEnd(40)}${as.padEnd(7)}${cells.join(' ')} of 200`;
}

/** How many prepared statements the server connections of a pooler have: as it takes them in turn, each is asked. */
async function statementsLeft(pooler: string, database: string): Promise<number> {
  const client = new pg.Client({ ...started.find(({ name }) => name === pooler)?.address, database });
  await client.connect();
  const left = new Map<number, number>();
  for (let n = 0; n < 10; n++) {
    const { rows } = await client.query(
      'select pg_backend_pid() as pid, count(*)::int as n from pg_prepared_statements',
    );
    left.set(rows[0].pid, rows[0].n);
  }
  await client.end();
  return [...left.values()].reduce((sum, n) => sum + n, 0);
}

/** The libraries that a text names, with their versions. */
function versionsIn(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/\b(SQLAlchemy|asyncpg|psycopg|Django) ([\d.]+)/g)].map((match) => match.slice(1));
}

function minor(version = ''): string {
  return version.split('.').slice(0, 2).join('.');
}
