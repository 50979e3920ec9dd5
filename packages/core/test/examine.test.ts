import { describe, expect, test } from 'vitest';
import { examine } from '../src/examine.ts';
import { hazards } from '../src/hazards.ts';
import type { HazardCode } from '../src/refusals.ts';

const local = 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION';
const onPool = 'POOLSAFE_TRANSACTION_ON_POOL';
const cancel = 'POOLSAFE_CANCEL';

/** All codes that a text is examined for, whatever decides whether they count. */
function codesOf(sql: string): readonly HazardCode[] {
  const { always, outside, onPool: pool } = examine(sql);
  return [...always, ...outside, ...pool];
}

describe('each code stands where its row says that it counts', () => {
  const samples: readonly (readonly [sql: string, code: HazardCode])[] = [
    ["set work_mem to '64MB'", 'POOLSAFE_SESSION_SET'],
    ['reset all', 'POOLSAFE_SESSION_SET'],
    ['set session characteristics as transaction read only', 'POOLSAFE_SESSION_SET'],
    ['set role app', 'POOLSAFE_SESSION_ROLE'],
    ['set session authorization app', 'POOLSAFE_SESSION_ROLE'],
    ["select set_config('a.b', '1', false)", 'POOLSAFE_SET_CONFIG'],
    ["select set_config('a.b', '1', $1)", 'POOLSAFE_SET_CONFIG'],
    ['prepare p as select 1', 'POOLSAFE_SQL_PREPARE'],
    ['deallocate all', 'POOLSAFE_SQL_PREPARE'],
    ['unlisten *', 'POOLSAFE_LISTEN'],
    ['select pg_advisory_lock(1)', 'POOLSAFE_ADVISORY_LOCK'],
    ['create temp table t (n int)', 'POOLSAFE_TEMP_TABLE'],
    ['declare c cursor with hold for select 1', 'POOLSAFE_HOLD_CURSOR'],
    ["load 'auto_explain'", 'POOLSAFE_LOAD'],
    ['discard temp', 'POOLSAFE_DISCARD'],
    ['select lastval()', 'POOLSAFE_SEQUENCE_STATE'],
    ['select setseed(0.5)', 'POOLSAFE_SESSION_FUNCTION'],
    ["set local work_mem to '64MB'", local],
    ['set transaction isolation level serializable', local],
    ['set constraints all deferred', local],
    ['select pg_advisory_xact_lock(1)', local],
    ["select set_config('a.b', '1', true)", local],
    ['create temp table t (n int) on commit drop', local],
    ['begin', onPool],
    ['select pg_cancel_backend(1)', cancel],
  ];
  const places = { always: 'always', 'outside a transaction': 'outside', 'on a pool': 'onPool' } as const;

  test.each(samples)('%s', (sql, code) => {
    const { when } = hazards[code];
    const nothing = { always: [], outside: [], onPool: [] };
    expect(examine(sql)).toEqual({ ...nothing, [places[when as keyof typeof places]]: [code] });
  });

  test('and each row that is about SQL has a sample', () => {
    const seen = new Set(samples.map(([, code]) => code));
    const notSql = Object.values(hazards).filter(({ when }) => when === 'at the login' || when === 'never');
    expect([...seen, ...notSql.map(({ code }) => code)].sort()).toEqual(Object.keys(hazards).sort());
  });
});

describe('several statements are one transaction', () => {
  const texts: readonly (readonly [sql: string, codes: readonly HazardCode[]])[] = [
    ["set local work_mem to '64MB'; select * from notes", []],
    ['select pg_advisory_xact_lock(1); update notes set body = $$a$$', []],
    ['insert into notes default values; select lastval()', []],
    ["begin; set local work_mem to '64MB'; commit", []],
    ["set local work_mem to '64MB';", [local]],
    [";; set local work_mem to '64MB' ; -- done", [local]],
    ['set a.b = 1; listen news; set local c.d = 2', ['POOLSAFE_SESSION_SET', 'POOLSAFE_LISTEN']],
    ['begin; set a.b = 1', ['POOLSAFE_SESSION_SET', onPool]],
    ['select 1; select pg_cancel_backend($1)', [cancel]],
  ];

  test.each(texts)('%s', (sql, codes) => {
    expect(codesOf(sql)).toEqual(codes);
  });
});

describe('a statement that changes rows holds its lock for as long as it runs', () => {
  test.each([
    'update jobs set taken = true where id = (select id from jobs where pg_try_advisory_xact_lock(id) limit 1)',
    'insert into log select 1 where pg_try_advisory_xact_lock(1)',
    'with l as (select pg_advisory_xact_lock(1)) delete from jobs',
    "with s as (select set_config('app.actor', '1', true)) insert into jobs select 1 from s",
  ])('%s', (sql) => {
    expect(codesOf(sql)).toEqual([]);
  });

  test('and nothing else', () => {
    expect(codesOf("insert into note (id) values (currval('s'))")).toEqual(['POOLSAFE_SEQUENCE_STATE']);
    expect(codesOf('update jobs set lock = pg_advisory_lock(1)')).toEqual(['POOLSAFE_ADVISORY_LOCK']);
  });
});

describe('a transaction through a pool', () => {
  const leaves = [
    'BEGIN',
    'begin isolation level serializable',
    'start transaction read only',
    'begin; select 1',
    'commit; begin',
    'begin; commit; begin',
    'begin; prepare p as select 1; start transaction',
    'commit',
    'END;',
    'rollback work',
    'abort',
    '-- all done\ncommit',
    'commit and chain',
    'begin; insert into notes default values; commit and chain',
    'begin; update notes set body = 1; ROLLBACK WORK AND CHAIN;',
    'begin; commit transaction and chain; select 1',
    "prepare transaction 'a'",
  ];
  const stays = [
    'begin; insert into notes default values; commit',
    'START TRANSACTION; select 1; END',
    'begin; select 1; rollback',
    'begin; commit; begin; commit',
    'begin; commit and chain; select 1; commit',
    'begin; commit and no chain',
    "begin; insert into notes default values; prepare transaction 'a'",
    "commit prepared 'a'",
    'savepoint a',
    'release savepoint a',
    'rollback to savepoint a',
    'begin; savepoint a; select 1; rollback to a; release a; commit',
    'create function f() returns int language sql begin atomic select 1; select 2; end',
    'create or replace procedure p() language sql begin atomic insert into notes default values; end; select 1',
    'do $$ begin commit; end $$',
    "select 'begin'; select 'commit'",
    '/* begin */ select 1 -- commit',
    'select "begin", "commit" from "rollback"',
    'select case when a then b end from notes',
    'call work()',
  ];

  test.each(leaves)('is left open, or ended from elsewhere: %s', (sql) => {
    expect(examine(sql).onPool).toEqual([onPool]);
  });

  test.each(stays)('is not: %s', (sql) => {
    expect(examine(sql).onPool).toEqual([]);
  });
});

describe('a pid', () => {
  const given = [
    'select pg_cancel_backend($1)',
    'SELECT PG_CANCEL_BACKEND( 123 )',
    'select pg_terminate_backend($1, 500)',
    'select pg_catalog.pg_cancel_backend($1)',
    'select "pg_catalog"."pg_terminate_backend"(1)',
    'select "pg_cancel_backend"($1)',
    'select pg_cancel_backend($1::int)',
    'select pg_cancel_backend(($1)::int)',
    'select pg_cancel_backend(cast($1 as int))',
    "select pg_cancel_backend('123')",
    'select pg_terminate_backend(pid => $1)',
    'select pg_terminate_backend(pid := 1, timeout := 500)',
    'select pg_cancel_backend(/* pid */ $1)',
    'select 1 where pg_cancel_backend($1)',
    'do_something; select pg_cancel_backend(1)',
  ];
  const lookedUp = [
    'select pg_cancel_backend(pid) from pg_stat_activity',
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and state = 'idle'",
    'select pg_terminate_backend(a.pid, 500) from pg_stat_activity a',
    'select pg_cancel_backend(pid::int) from pg_stat_activity',
    'select pg_cancel_backend(cast(pid as int)) from pg_stat_activity',
    'select pg_terminate_backend(pid => pid) from pg_stat_activity',
    'select pg_cancel_backend((select pid from pg_stat_activity where query = $1))',
    'select any_value(pg_blocking_pids(1))',
  ];
  const mentions = [
    "select 'pg_cancel_backend(1)'",
    'select $$pg_cancel_backend(1)$$',
    '/* pg_cancel_backend(1) */ select 1',
    'select 1 -- pg_terminate_backend($1)',
    'select "pg_cancel_backend(1)"',
    'select pg_cancel_backend from calls',
    'select my_pg_cancel_backend(1)',
    'select pg_cancel_backends(1)',
    'select "PG_CANCEL_BACKEND"(1)',
    'select app.pg_cancel_backend($1)',
    'grant execute on function pg_cancel_backend(int) to app',
  ];

  test.each(given)('comes from the client: %s', (sql) => {
    expect(examine(sql).always).toEqual([cancel]);
  });

  test.each([...lookedUp, ...mentions])('does not: %s', (sql) => {
    expect(codesOf(sql)).toEqual([]);
  });
});

test('strings, comments and quoted names are nothing', () => {
  for (const { example } of Object.values(hazards)) {
    for (const sql of example?.sql ?? []) {
      const text = sql.replaceAll("'", '"');
      for (const hidden of [`'${text}'`, `$q$${sql}; begin$q$`, `/* ${sql} */ 1`, `1 -- ${sql}`]) {
        expect(codesOf(`select ${hidden}`)).toEqual([]);
        expect(codesOf(`insert into notes values (${hidden}\n); delete from notes`)).toEqual([]);
      }
    }
  }
});

test.each(['', ' ', ';', "'", '"', '/*', '$1', 'pg_cancel_backend(', 'begin;;', '\u0000'])(
  'any text has an answer: %j',
  (sql) => {
    expect(codesOf(sql)).toEqual(sql === 'begin;;' ? [onPool] : []);
  },
);
