import { describe, expect, test } from 'vitest';
import { ConfigError, configError, PoolsafeError } from '../src/errors.ts';
import { explain } from '../src/explain.ts';
import { hintFor, hints } from '../src/hints.ts';
import { planFor } from '../src/plan.ts';
import { fixFor, type Stack, stacks } from '../src/stacks.ts';
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
  expect(explain('prepared statement "s0" already exists')).toEqual({
    ...told,
    page: 'docs/errors.md#statement-exists',
  });
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
    expect(explain(config, 'pg')).toEqual({
      id: 'POOLSAFE_CONFIG',
      raisedBy: 'poolsafe',
      cause: '`poolsafe` must be an object',
      fix: 'an object',
      retry: 'not until it is fixed',
      page: 'docs/options.md',
    });
  });

  test('of another copy of the package, which knows another code', () => {
    const fields = { code: 'POOLSAFE_LATER' as never, docs: 'docs/hazards/POOLSAFE_LATER.md' };
    const error = new PoolsafeError('POOLSAFE_LATER  why.\n  fix: this.\n  read more: there', fields);
    expect(explain(error, 'pg')).toMatchObject({
      id: 'POOLSAFE_LATER',
      cause: 'POOLSAFE_LATER  why',
      fix: 'this',
      page: fields.docs,
    });
    expect(explain(error, 'pg')).not.toHaveProperty('example');
  });
});

describe('for a stack', () => {
  const missing = 'prepared statement "s0" does not exist';
  const refusal = planFor(parseTarget('postgres://db/shop')).check('set a.b = 1', { inTransaction: false });

  test.each(Object.keys(stacks) as Stack[])('%s: the fix as code', (stack) => {
    expect(explain(missing, stack)).toMatchObject({
      hazard: 'POOLSAFE_STATEMENT_NAME',
      example: fixFor('POOLSAFE_STATEMENT_NAME', stack),
      page: 'docs/errors.md#statement-missing',
    });
    expect(explain(refusal, stack)).toMatchObject({
      hazard: 'POOLSAFE_SESSION_SET',
      example: fixFor('POOLSAFE_SESSION_SET', stack),
      page: 'docs/hazards/POOLSAFE_SESSION_SET.md',
    });
  });

  test('no code without a stack, a hazard or a fix', () => {
    const errors = [
      explain(missing),
      explain('query_wait_timeout', 'pg'),
      explain('prepared statement did not exist', 'pg'),
    ];
    for (const explanation of errors) {
      expect(explanation).toBeDefined();
      expect(explanation).not.toHaveProperty('example');
    }
    expect(errors[2]).toMatchObject({ hazard: 'POOLSAFE_DISCARD' });
  });
});

describe('hintFor', () => {
  test('says cause, fix and page', () => {
    expect(hintFor(pgError('08P01', 'no more connections allowed (max_client_conn)'))).toBe(
      'max_client_conn clients are connected already; lower the pool size of each process, or raise max_client_conn.' +
        ' See docs/errors.md#max-client-conn',
    );
  });

  test('in one line, for each that comes from the other side', () => {
    const hinted = errorTexts.filter(([id]) => hints.some((hint) => hint.id === id));
    for (const [id, code, text] of hinted) {
      expect(hintFor({ code, message: text })).toMatch(new RegExp(`^\\S.* See docs/errors\\.md#${id}$`));
    }
    // A warning of PostgreSQL and texts of clients, and what nobody on the other side has written.
    const others = stories.filter((story) => !hinted.some(([id]) => id === story.id));
    expect(others.map(({ id }) => id)).toEqual(['lock-not-held', 'connection-lost', 'ipv6-only']);
  });

  test('nothing about a stranger', () => {
    expect(hintFor(pgError('42P01', 'relation "item" does not exist'))).toBeUndefined();
    expect(hintFor(pgError('P0001', 'prepared statement "s0" already exists'))).toBeUndefined();
    expect(hintFor({})).toBeUndefined();
  });
});
