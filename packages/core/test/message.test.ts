import { describe, expect, test } from 'vitest';
import { planFor } from '../src/plan.ts';
import { parseTarget } from '../src/target.ts';

const target = parseTarget('postgres://app:s3cret@db/shop');
const outside = { inTransaction: false };

test('a refusal names its code, why, the statement, the fix and the page', () => {
  const error = planFor(target, { pooler: 'pgbouncer' }).check("set work_mem to '64MB'", outside);
  expect(error).toMatchObject({
    name: 'HazardError',
    code: 'POOLSAFE_SESSION_SET',
    docs: 'docs/hazards/POOLSAFE_SESSION_SET.md',
    statement: "set work_mem to '…'",
  });
  expect(error?.message).toBe(
    'POOLSAFE_SESSION_SET  SET outlives this transaction on a server connection you no longer hold' +
      ' (behind PgBouncer of unknown version, transaction mode).\n' +
      "  statement: set work_mem to '…'\n" +
      "  fix: withSettings({ name: 'value' }, …), or SET LOCAL inside a transaction," +
      " or `poolsafe: { allow: ['POOLSAFE_SESSION_SET'] }`\n" +
      '  read more: docs/hazards/POOLSAFE_SESSION_SET.md',
  );
});

test('where the pooler is unknown, it says what to do without one', () => {
  const error = planFor(target).check('listen news', outside);
  expect(error?.message.split('\n')[0]).toBe(
    'POOLSAFE_LISTEN  notifications arrive on a server connection that nobody reads for you' +
      ' (behind an unrecognised server or pooler).',
  );
  expect(error?.message).toMatch(
    /allow: \['POOLSAFE_LISTEN'\] }`\. Without a pooler: `poolsafe: \{ pooler: 'direct' }`\n/,
  );
});

describe('the statement is shown on one line, without literals and comments', () => {
  const shown: readonly (readonly [sql: string, statement: string])[] = [
    ['  SET   work_mem\n TO 64 ;', 'SET work_mem TO 64 ;'],
    ["set a.b = 's3cret'", "set a.b = '…'"],
    ["set a.b = 'it''s s3cret'", "set a.b = '…'"],
    ["set a.b = e'it\\'s s3cret'", "set a.b = '…'"],
    ["set a.b = 'one'\n's3cret'", "set a.b = '…'"],
    ["set a.b = e'one'\n'it\\'s s3cret'", "set a.b = '…'"],
    ["set a.b = u&'s3cret' uescape '!'", "set a.b = '…'"],
    ["set a.b = 's3cret", "set a.b = '…'"],
    ['set a.b = $$s3cret$$', "set a.b = '…'"],
    ["set a.b = $x$it's $$ s3cret$x$", "set a.b = '…'"],
    ["set a.b = -- don't s3cret\n 's3cret'", "set a.b = '…'"],
    ["set a.b = /* it's /* s3cret */ it's */ 's3cret'", "set a.b = '…'"],
    ["set \"it's\".b = 's3cret'", "set \"it's\".b = '…'"],
    ["select set_config($1,'s3cret',false)", "select set_config($1,'…',false)"],
  ];

  test.each(shown)('%j', (sql, statement) => {
    const error = planFor(target).check(sql, outside);
    expect(error?.statement).toBe(statement);
    expect(error?.message).toContain(`\n  statement: ${statement}\n`);
    expect(error?.stack).not.toContain('s3cret');
  });

  test('and no longer than 200 characters', () => {
    const error = planFor(target).check(`set search_path to ${'a, '.repeat(500)} b`, outside);
    expect(error?.statement).toMatch(/^set search_path to a, a, .{175}…$/);
  });

  test('a literal that is cut off stays hidden', () => {
    const error = planFor(target).check(`set a.b = '${'s3cret'.repeat(500)}'`, outside);
    expect(error?.statement).toBe("set a.b = '…'");
  });
});
