import { describe, expect, test } from 'vitest';
import { refusedWithSettings } from '../src/settings-texts.ts';
import { isBegin, isSingleStatement, transactionTag } from '../src/transaction-text.ts';

describe('transactionTag()', () => {
  test.each([
    ['begin', 'BEGIN'],
    ['BEGIN WORK;', 'BEGIN'],
    ['/* a */ begin transaction ; -- b', 'BEGIN'],
    ['begin isolation level repeatable read', 'BEGIN'],
    ['begin isolation level read uncommitted, read only not deferrable', 'BEGIN'],
    ['Start Transaction Read Write , Deferrable', 'START TRANSACTION'],
    ['set transaction isolation level serializable', 'SET'],
    ['commit', 'COMMIT'],
    ['end transaction', 'COMMIT'],
    ['commit and no chain', 'COMMIT'],
    ['rollback work', 'ROLLBACK'],
    ['abort', 'ROLLBACK'],
    ['commit and chain', undefined],
    ['rollback to savepoint a', undefined],
    ['commit prepared $$a$$', undefined],
    ['begin; select 1', undefined],
    ['begin; begin', undefined],
    ['begin isolation level', undefined],
    ['begin read nothing', undefined],
    ['begin ""', undefined],
    ['begin atomic', undefined],
    ['start', undefined],
    ['set transaction snapshot $$a$$', undefined],
    ['set local transaction isolation level serializable', undefined],
    ['set session characteristics as transaction read only', undefined],
    ["'begin'", undefined],
    ['"begin"', undefined],
    ['select 1', undefined],
    ['', undefined],
    [`begin ${' '.repeat(600)}`, undefined],
  ])('%j is answered with %j', (text, tag) => {
    expect(transactionTag(text)).toBe(tag);
    expect(isBegin(text)).toBe(tag === 'BEGIN' || tag === 'START TRANSACTION');
  });
});

describe('isSingleStatement()', () => {
  test.each([
    ['select 1', true],
    ['select 1;', true],
    [';select 1', false],
    ['select $$;$1$$', true],
    ['select 1; select 2', false],
    ['select $1', false],
    ['copy t from stdin', false],
    ['-- nothing', false],
    ['', false],
  ])('%j: %j', (text, single) => {
    expect(isSingleStatement(text)).toBe(single);
  });
});

describe('refusedWithSettings()', () => {
  const of = (text: string) =>
    [true, false].map((inTransaction) => refusedWithSettings(text, { inTransaction })?.code);
  const code = 'POOLSAFE_SETTINGS';

  test.each([
    'select 1',
    'insert into t values ($1)',
    'create table t ()',
    'create index concurrently_used on t (a)',
    "create subscription s connection '' publication p with (create_slot = false)",
    'commit',
    'rollback to a',
    '',
  ])('never %j', (text) => {
    expect(of(text)).toEqual([undefined, undefined]);
  });

  test.each([
    'select 1; select 2',
    'vacuum t',
    'create unique index concurrently on t (a)',
    'drop index concurrently i',
    'reindex table concurrently t',
    'alter system set work_mem = 1',
    'cluster',
    'alter table t detach partition p concurrently',
    'commit prepared $1',
    'discard all',
    'call p()',
    'do $$ begin end $$',
    'copy t from stdin',
  ])('outside of a transaction %j', (text) => {
    expect(of(text)).toEqual([undefined, code]);
  });

  test.each(['commit and chain', 'select 1; commit', 'begin; select 1', 'rollback and chain; select 1'])(
    'always %j',
    (text) => {
      expect(of(text)).toEqual([code, code]);
    },
  );
});
