import { describe, expect, test } from 'vitest';
import { hazards } from '../src/hazards.ts';
import type { HazardCode } from '../src/refusals.ts';
import { fixFor, type Stack, stacks } from '../src/stacks.ts';

const names = Object.keys(stacks) as Stack[];
const rows = Object.values(hazards);

describe.each(rows)('$code', ({ code, example }) => {
  test.each(names)('in the words of %s', (stack) => {
    const fix = fixFor(code, stack);
    if (example === undefined) return expect(fix).toBeUndefined();
    const lines = (fix ?? '').split('\n');
    // Each statement once, in order, as it stands in the row: no quote or placeholder of the language cuts it.
    const found = example.sql.map((sql) => lines.findIndex((line) => line.includes(spelled(sql, stack))));
    expect(found).not.toContain(-1);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    if (example.runs === 'transaction') expect(lines.length).toBeGreaterThan(example.sql.length + 1);
    if (example.runs === 'query') expect(lines).toHaveLength(example.sql.length);
    expect(fix?.includes('DIRECT_URL')).toBe(example.runs === 'session');
  });
});

/** LISTEN has a function of its own. */
function spelled(sql: string, stack: Stack): string {
  const channel = /^listen (\w+)$/.exec(sql)?.[1];
  return channel === undefined ? sql : `${stack === 'postgres' ? 'sql' : 'pool'}.listen('${channel}', `;
}

test('the SQL of a row fits between quotes and backticks', () => {
  for (const sql of rows.flatMap(({ example }) => example?.sql ?? []))
    expect(sql).not.toMatch(/[`\\"\n]|\$\{/);
});

describe('a transaction', () => {
  const texts: readonly (readonly [Stack, string])[] = [
    [
      'pg',
      `const client = await pool.connect()
try {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock(42)')
  await client.query('update counters set n = n + 1')
  await client.query('commit')
} catch (error) {
  await client.query('rollback')
  throw error
} finally {
  client.release()
}`,
    ],
    [
      'drizzle',
      `await db.transaction(async (tx) => {
  await tx.execute(sql\`select pg_advisory_xact_lock(42)\`)
  await tx.execute(sql\`update counters set n = n + 1\`)
})`,
    ],
    [
      'kysely',
      `await db.transaction().execute(async (trx) => {
  await sql\`select pg_advisory_xact_lock(42)\`.execute(trx)
  await sql\`update counters set n = n + 1\`.execute(trx)
})`,
    ],
    [
      'prisma',
      `await prisma.$transaction(async (tx) => {
  await tx.$executeRaw\`select pg_advisory_xact_lock(42)\`
  await tx.$executeRaw\`update counters set n = n + 1\`
})`,
    ],
    [
      'typeorm',
      `await dataSource.transaction(async (manager) => {
  await manager.query('select pg_advisory_xact_lock(42)')
  await manager.query('update counters set n = n + 1')
})`,
    ],
    [
      'postgres',
      `await sql.begin(async (sql) => {
  await sql\`select pg_advisory_xact_lock(42)\`
  await sql\`update counters set n = n + 1\`
})`,
    ],
  ];

  test.each(texts)('%s', (stack, text) => {
    expect(fixFor('POOLSAFE_ADVISORY_LOCK', stack)).toBe(text);
  });
});

describe('a statement on its own', () => {
  const insert = "insert into notes (body) values ('hello') returning id";
  const texts: readonly (readonly [Stack, string])[] = [
    ['pg', `await pool.query("${insert}")`],
    ['drizzle', `await db.execute(sql\`${insert}\`)`],
    ['kysely', `await sql\`${insert}\`.execute(db)`],
    ['prisma', `await prisma.$queryRaw\`${insert}\``],
    ['typeorm', `await dataSource.query("${insert}")`],
    ['postgres', `await sql\`${insert}\``],
  ];

  test.each(texts)('%s', (stack, text) => {
    expect(fixFor('POOLSAFE_SEQUENCE_STATE', stack)).toBe(text);
  });
});

describe('a session of its own', () => {
  const pool = `import { Pool } from '@poolsafe/pg'

const { DATABASE_URL: connectionString, DIRECT_URL: direct } = process.env
const pool = new Pool({ connectionString, poolsafe: { direct } })
`;

  test.each(names.filter((name) => name !== 'postgres'))('%s: one of the pool', (stack) => {
    expect(fixFor('POOLSAFE_LISTEN', stack)).toBe(
      `${pool}await pool.listen('news', (payload) => console.log(payload))`,
    );
    expect(fixFor('POOLSAFE_SESSION_FUNCTION', stack)).toBe(
      `${pool}await pool.session(async (client) => {\n  await client.query('select setseed(0.42)')\n  await client.query('select random()')\n})`,
    );
  });

  test('postgres: its own', () => {
    expect(fixFor('POOLSAFE_LISTEN', 'postgres')).toBe(
      "const { DATABASE_URL: url = '', DIRECT_URL: direct } = process.env\n" +
        'const sql = postgres(url, { poolsafe: { direct } })\n' +
        "await sql.listen('news', (payload) => console.log(payload))",
    );
    expect(fixFor('POOLSAFE_SESSION_FUNCTION', 'postgres')).toBe(
      "const { DIRECT_URL: direct = '' } = process.env\n" +
        "const sql = postgres(direct, { max: 1, poolsafe: { pooler: 'direct' } })\n" +
        'await sql`select setseed(0.42)`\nawait sql`select random()`',
    );
  });
});

test.each(['select', 'fetch'])('Prisma reads rows of %s', (word) => {
  const codes: HazardCode[] = ['POOLSAFE_HOLD_CURSOR', 'POOLSAFE_SESSION_SET'];
  const lines = codes.flatMap((code) => (fixFor(code, 'prisma') ?? '').split('\n'));
  const ofWord = lines.filter((line) => line.includes(`\`${word} `));
  expect(ofWord.map((line) => line.trim().split('`')[0])).toEqual(['await tx.$queryRaw']);
});
