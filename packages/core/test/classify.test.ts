import { describe, expect, test } from 'vitest';
import { classify, isPlain } from '../src/classify.ts';
import { type Effect, effects } from '../src/effects.ts';
import { backendLocalRelations, functionEffects } from '../src/sql-functions.ts';
import { cases } from './classify-cases.ts';
import { traps } from './classify-traps.ts';

const expected: readonly (readonly [sql: string, effects: readonly Effect[]])[] = [
  ...cases.flatMap(([found, statements]) => statements.map((sql) => [sql, found] as const)),
  ...traps.map((sql) => [sql, []] as const),
];

/** A generator whose numbers are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('statements', () => {
  test.each(expected)('%s', (sql, found) => {
    expect(classify(sql)).toEqual(found);
  });

  test('every effect has a statement', () => {
    expect(effects.filter((effect) => !cases.some(([found]) => found.includes(effect)))).toEqual([]);
  });

  test.each([
    ...functionEffects.keys(),
    ...backendLocalRelations,
    'pg_cancel_backend',
    'pg_terminate_backend',
  ])('a text with %s is read word by word', (name) => {
    expect(isPlain(`select ${name}(1)`)).toBe(false);
    expect(isPlain(`select * from ${name.toUpperCase()}`)).toBe(false);
  });

  test('PostgreSQL takes comments where its parser as a library does not', () => {
    expect(classify("SELECT E'a' -- b\n'\\'; set x = 1; --'")).toEqual([]);
    expect(classify("SELECT set_config('a', 'b', 'fal' -- b\n 'se')")).toEqual(['session:set_config']);
    expect(classify('SELECT U&"pg!005fbackend_pid" /* */ UESCAPE /* */ \'!\' ()')).toEqual([
      'hint:backend_local',
    ]);
  });
});

describe('texts of several statements', () => {
  const single = expected.filter(([sql]) => !sql.includes(';') && sql !== '  -- set x = 1');

  test('have the effects of each', () => {
    const next = random(1);
    for (let n = 0; n < 5000; n++) {
      const parts = Array.from({ length: 2 + next(3) }, () => single[next(single.length)]!);
      const found = new Set(parts.flatMap(([, partEffects]) => partEffects));
      const sql = parts.map(([part]) => part).join(next(2) === 0 ? ';' : ' ;\n');
      expect(classify(sql), sql).toEqual(effects.filter((effect) => found.has(effect)));
    }
  });

  test('inside a string, comment, name or routine body have none', () => {
    for (const [sql] of expected) {
      expect(classify(`SELECT '${sql.replaceAll("'", "''")}'`), sql).toEqual([]);
      expect(classify(`SELECT "x${sql.replaceAll('"', '""')}"`), sql).toEqual([]);
      expect(classify(`SELECT $body$ ${sql} $body$`), sql).toEqual([]);
      expect(
        classify(
          sql
            .split('\n')
            .map((line) => `-- ${line}\n`)
            .join(''),
        ),
        sql,
      ).toEqual([]);
      expect(
        classify(`CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ ${sql} $body$`),
        sql,
      ).toEqual([]);
    }
  });
});

describe('answers', () => {
  test('are frozen, and shared while the text is remembered', () => {
    const sql = 'SET work_mem = 1; LISTEN x';
    expect(Object.isFrozen(classify(sql))).toBe(true);
    expect(classify(sql)).toBe(classify(sql));
    expect(classify('SELECT 1')).toBe(classify('LISTENER'));
  });

  test('stay right when more texts come than are remembered', () => {
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 3000; n++) expect(classify(`LISTEN a${n}`)).toEqual(['session:listen']);
    }
  });
});

describe('any text returns', () => {
  const open = [
    "'",
    '"',
    "E'",
    "E'\\",
    'U&"',
    "U&'",
    '$$',
    '$a$',
    '/*',
    '/* /*',
    '--',
    '(',
    '[',
    '$',
    'U&"a" UESCAPE',
    '\\',
    '\0',
  ];

  test.each(open)('what %j leaves open hides the rest of the text or nothing', (start) => {
    expect(classify(`LISTEN x; SELECT ${start}`)).toEqual(['session:listen']);
    expect(classify(`${start} 1`)).toEqual([]);
  });

  test('every beginning of every statement', () => {
    for (const [sql] of expected) for (let n = 0; n < sql.length; n++) classify(sql.slice(0, n));
  });

  test('random characters', () => {
    const next = random(7);
    const pieces = [
      ...open,
      'set',
      'select',
      'pg_temp.',
      'set_config(',
      'create',
      'schema',
      ',',
      ')',
      ']',
      ';',
      ' ',
      '\n',
      'é',
      '\ud800',
      '::',
      "'f'",
      'not',
    ];
    for (let n = 0; n < 20_000; n++) {
      const letters = Array.from({ length: next(30) }, () =>
        next(3) === 0
          ? String.fromCharCode(next(next(4) === 0 ? 65_536 : 128))
          : pieces[next(pieces.length)]!,
      );
      classify(letters.join(''));
    }
  });

  test.each([
    ['(', ')'],
    ['[', ']'],
    ['/*', '*/'],
    ['(SELECT ', ')'],
    ['CASE WHEN true THEN ', ' END'],
    ["set_config('a', 'b', ", ')'],
    ['CAST(', ' AS bool)'],
    ['EXPLAIN ', ''],
    ['CREATE SCHEMA s ', ''],
    ['pg_temp.', ''],
    ['NOT ', ''],
    ['WITH a AS (', ')'],
  ])('100,000 times %j', (before, after) => {
    const nested = `${before.repeat(100_000)} true ${after.repeat(100_000)}`;
    expect(classify(`LISTEN x; ${nested}`)).toContain('session:listen');
    expect(classify(`SELECT set_config('a', 'b', ${nested})`)).toBeInstanceOf(Array);
  });

  test('a constant under 100,000 parentheses, casts and inversions', () => {
    const inner = `${'('.repeat(100_000)} NOT NOT 'f'${'::text)'.repeat(100_000)}`;
    expect(classify(`SELECT set_config('a', 'b', ${inner}::bool)`)).toEqual(['session:set_config']);
  });

  test('100,000 times ONLY', () => {
    expect(classify(`SELECT 1 FROM ${'ONLY '.repeat(100_000)} (pg_cursors); LISTEN x`)).toContain(
      'session:listen',
    );
  });

  test('texts of a megabyte', () => {
    const row = "(1, 'it''s; set x = 1', $$listen y$$, \"set\", now())";
    const insert = `INSERT INTO t VALUES ${Array.from({ length: 20_000 }, () => row).join(', ')}`;
    expect(classify(insert)).toEqual([]);
    expect(classify(`${insert}; SELECT lastval()`)).toEqual(['session:seqval']);
    expect(classify(`SELECT '${'x'.repeat(1_000_000)}', lastval()`)).toEqual(['session:seqval']);
    expect(classify('LISTEN x;'.repeat(100_000))).toEqual(['session:listen']);
    expect(classify(`SELECT ${'a.b, '.repeat(200_000)} pg_backend_pid()`)).toEqual(['hint:backend_local']);
  });
});
