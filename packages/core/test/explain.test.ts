import { describe, expect, test } from 'vitest';
import { ConfigError, configError } from '../src/errors.ts';
import { explain } from '../src/explain.ts';
import { planFor } from '../src/plan.ts';
import { stories } from '../src/stories.ts';
import { parseTarget } from '../src/target.ts';
import { errorTexts } from './error-texts.ts';

const pgError = (code: string | undefined, message: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code, severity: 'ERROR' });

describe.each(errorTexts)('%s %s %s', (id, code, text) => {
  /** As it arrives: the text alone, from the driver, and wrapped by an ORM. */
  const forms: readonly (readonly [form: string, error: unknown])[] = [
    ['text', text],
    ['error of psql', `ERROR:  ${text}`],
    ['log line', `2026-01-01 12:00:00 [12] app@shop web: ${text} (request 7)`],
    ['error without a code', new Error(text)],
    ['error of the driver', pgError(code, text)],
    ['plain object', { code, message: text }],
    ['cause of a cause', new Error('a', { cause: new Error('b', { cause: pgError(code, text) }) })],
    ['drizzle', new Error('Failed query: select 1\nparams: ', { cause: pgError(code, text) })],
    [
      'Prisma P2010',
      pgError(
        'P2010',
        `\nInvalid \`prisma.$queryRaw()\` invocation:\n\n\nRaw query failed. Code: \`${code}\`. Message: \`${text}\``,
      ),
    ],
    [
      'Node wrapper',
      Object.assign(new Error('write EPIPE', { cause: pgError(code, text) }), { code: 'EPIPE' }),
    ],
  ];

  test.each(forms)('%s', (_, error) => {
    expect(explain(error)?.id).toBe(id);
  });
});

test('each story is told by one of these texts', () => {
  expect(new Set(errorTexts.map(([id]) => id))).toEqual(new Set(stories.map(({ id }) => id)));
});

test('each story is complete', () => {
  const { text: _, ...told } = stories.find(({ id }) => id === 'statement-exists') ?? { text: /./ };
  expect(explain('prepared statement "s0" already exists')).toEqual(told);
  for (const { cause, fix } of stories) expect([cause, fix]).not.toContain('');
  expect(new Set(stories.map(({ id }) => id)).size).toBe(stories.length);
});

describe('what is not known has no explanation', () => {
  const circular: { message: string; cause?: unknown } = { message: 'a' };
  circular.cause = { message: 'b', cause: circular };
  const strangers: readonly unknown[] = [
    undefined,
    null,
    '',
    'relation "item" does not exist',
    7,
    Symbol('s'),
    {},
    Object.create(null),
    new Error('connect ECONNREFUSED 127.0.0.1:5432'),
    new Error('connect ENETUNREACH 10.0.0.1:5432'),
    new Error('getaddrinfo ENOTFOUND db.example.com'),
    circular,
  ];

  test.each(strangers.map((one) => [one]))('%s', (error) => {
    expect(explain(error)).toBeUndefined();
  });
});

test('a circular cause is followed once around', () => {
  const outer: { message: string; cause?: unknown } = { message: 'outer' };
  outer.cause = { code: '42P05', message: 'prepared statement "s0" already exists', cause: outer };
  expect(explain(outer)?.id).toBe('statement-exists');
});

describe('the code wins over a text that merely looks alike', () => {
  const alike = 'prepared statement "s0" already exists';
  const wrapped = (code: string) =>
    new Error(`Failed query: insert into log values ('${alike}')`, {
      cause: pgError(code, 'duplicate key value violates unique constraint "log_pkey"'),
    });
  const errors: readonly (readonly [error: unknown, id: string | undefined])[] = [
    [pgError('P0001', alike), undefined],
    [pgError('23505', alike), undefined],
    [pgError('26000', alike), undefined],
    [wrapped('23505'), undefined],
    [
      new Error(`log '${alike}'`, { cause: pgError('25P02', 'current transaction is aborted') }),
      'aborted-transaction',
    ],
    [new Error(`log '${alike}'`, { cause: new Error('query_wait_timeout') }), 'query-wait-timeout'],
    [pgError('P2010', alike), 'statement-exists'],
    [pgError('ECONNRESET', alike), 'statement-exists'],
  ];

  test.each(errors)('%s', (error, id) => {
    expect(explain(error)?.id).toBe(id);
  });
});

describe("poolsafe's own errors", () => {
  const refusal = planFor(parseTarget('postgres://db/shop')).check('listen news', { inTransaction: false });
  const config = configError('`poolsafe` must be an object.', 'an object', new Error('query_wait_timeout'));

  test('a refusal', () => {
    const expected = { id: 'POOLSAFE_LISTEN', raisedBy: 'poolsafe', retry: 'not until it is fixed' };
    expect(explain(refusal)).toMatchObject(expected);
    expect(explain(new Error('Failed query: listen news', { cause: refusal }))).toMatchObject(expected);
  });

  test('wrong options', () => {
    expect(config).toBeInstanceOf(ConfigError);
    expect(explain(config)).toMatchObject({ id: 'POOLSAFE_CONFIG', fix: config.message });
  });
});
