import { describe, expect, test } from 'vitest';
import { readProbe } from '../src/probe.ts';
import { isRepeatable, SeenTexts, StatementCache } from '../src/statements.ts';

describe('what may be named', () => {
  test.each([
    'select 1',
    'select * from notes where id = $1',
    'insert into notes values ($1) returning id;',
    'with a as (select 1) update notes set body = $1',
    'values (1)',
  ])('%s', (sql) => expect(isRepeatable(sql)).toBe(true));

  test.each([
    'begin',
    'show server_version',
    'select 1; select 2',
    "select set_config('a.b', $1, true)",
    'select * into temp t from notes',
    `select ${'1, '.repeat(10_000)} 1`,
    '',
  ])('not %.30s', (sql) => expect(isRepeatable(sql)).toBe(false));
});

describe('the statements of a connection', () => {
  test('the one that was used longest ago gives way', () => {
    const cache = new StatementCache(2);
    const [a] = ['a', 'b'].map((sql) => cache.add(sql).statement);
    expect(cache.get('a')).toBe(a);
    const { evicted } = cache.add('c');
    expect(evicted).toHaveLength(1);
    expect([cache.get('a'), cache.get('b'), cache.size]).toEqual([a, undefined, 2]);
  });

  test('no name comes twice, whatever was forgotten', () => {
    const cache = new StatementCache(2);
    const names = ['a', 'a', 'b', 'a'].map((sql) => {
      const { name } = cache.add(sql, `${sql} /* salt */`).statement;
      cache.clear();
      return name;
    });
    expect(new Set(names).size).toBe(4);
  });

  test('another text may be sent in place of one', () => {
    const cache = new StatementCache(2);
    expect(cache.add('select 1', 'select 1 /* abc */').statement.text).toBe('select 1 /* abc */');
    expect(cache.add('select 1').statement.text).toBe('select 1');
  });

  test('100,000 different texts are not remembered', () => {
    const seen = new SeenTexts();
    expect(seen.count('select often')).toBe(1);
    for (let n = 0; n < 1000; n += 1) seen.count(`select ${n}`);
    expect(seen.count('select often')).toBe(2);
    for (let n = 0; n < 100_000; n += 1) seen.count(`select ${n}`);
    expect(seen.count('select often')).toBe(1);
  });

  test('some megabytes of long texts are not remembered', () => {
    const seen = new SeenTexts();
    expect(seen.count('select often')).toBe(1);
    for (let n = 0; n < 500; n += 1) seen.count(`select ${n} ${' '.repeat(16_000)}`);
    expect(seen.count('select often')).toBe(1);
  });
});

describe('what a probe has found', () => {
  const asked = { name: 'mine', pid: 7 };

  test.each([
    ['the same process, the same name', { pid: '7', name: 'mine', schema: '1 2' }, 'kept', true],
    ['another name', { pid: '8', name: 'PGBOUNCER_1', schema: '1 2' }, 'kept', false],
    ['another name, the same process', { pid: '7', name: 'other', schema: '1 2' }, 'kept', false],
    ['another process, the same name', { pid: '8', name: 'mine', schema: null }, 'lost', false],
    ['what another probe left', { pid: '8', name: 'poolsafe_probe_1', schema: '1 2' }, 'lost', false],
    ['nothing', undefined, 'lost', false],
    ['something else', { version: '8.0' }, 'lost', false],
  ] as const)('%s', (_, row, statements, direct) => {
    expect(readProbe(row, asked)).toMatchObject({ statements, direct });
  });

  test.each([
    ['odyssey_pstmt_3', true],
    ['PGBOUNCER_3', false],
    ['mine', false],
  ])('whether statements without a name are shared: %s', (name, sharesUnnamed) => {
    expect(readProbe({ pid: '8', name, schema: '1 2' }, asked)).toMatchObject({ sharesUnnamed });
  });

  test('another schema is told apart', () => {
    const schemas = ['1 2', '1 3', null].map(
      (schema) => readProbe({ pid: '7', name: 'x', schema }, asked).schema,
    );
    expect(new Set(schemas).size).toBe(3);
    expect(schemas[2]).toBeUndefined();
  });
});
