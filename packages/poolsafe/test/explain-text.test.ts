import { hazards, stories } from '@poolsafe/core/knowledge';
import { describe, expect, test } from 'vitest';
import { clientStacks } from '../src/client-stacks.ts';
import { type Explained, explainLines, explainText } from '../src/explain-text.ts';
import { recipes } from '../src/ways-out.ts';
import { texts } from './texts.ts';

const found = ({ findings }: Explained) =>
  findings.map(({ code, line, lines, advice }) => [
    code,
    line,
    lines,
    advice.flatMap(({ stack }) => stack ?? []),
  ]);

describe.each(texts)('%s %s: %s', (code, stack, evidence, text) => {
  /** As it arrives in a log: alone, between other lines, coloured, from Windows, as JSON, as JSON in JSON. */
  const forms: readonly (readonly [form: string, log: string])[] = [
    ['alone', text],
    ['in a log', `2026-01-02 03:04:05 INFO started\n${text}\n2026-01-02 03:04:06 INFO next`],
    ['in colours', text.replace(/^\w+/, '\u001b[31m$&\u001b[39m')],
    ['with CRLF', text.replaceAll('\n', '\r\n')],
    ['JSON', JSON.stringify({ level: 50, err: { stack: text } })],
    ['JSON of a container', JSON.stringify({ log: `${JSON.stringify({ msg: text })}\n`, stream: 'stderr' })],
  ];

  test.each(forms)('%s', (_, log) => {
    const { findings } = explainText(log);
    expect(findings.map((one) => one.code)).toEqual([code]);
    expect(findings[0]?.evidence).toBe(evidence);
    expect(findings[0]?.advice.flatMap((one) => one.stack ?? [])).toEqual(stack === undefined ? [] : [stack]);
    expect(JSON.stringify(findings)).not.toContain('bob@example.com');
  });
});

test('a finding is complete, and JSON', () => {
  const [story] = stories.filter(({ id }) => id === 'statement-exists');
  const { findings } = explainText('2026-01-02T03:04:05.678Z error: prepared statement "s0" already exists');
  expect(findings).toEqual(JSON.parse(JSON.stringify(findings)));
  expect(findings[0]).toMatchObject({
    code: 'statement-exists',
    severity: 'error',
    evidence: 'error: prepared statement "s0" already exists',
    line: 1,
    lines: 1,
    time: '2026-01-02T03:04:05.678Z',
    raisedBy: 'PostgreSQL',
    cause: story?.cause,
    fix: story?.fix,
    retry: 'it did not run',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    page: 'docs/errors.md#statement-exists',
  });
  expect(findings[0]?.advice[0]?.ways.map(({ way }) => way)).toEqual([
    'transaction pooler',
    'tracking pooler',
    'session pooler',
    'direct connection',
  ]);
});

test('each different error once, with how many lines have it', () => {
  const log = [
    'app started',
    'error: prepared statement "s0" already exists',
    'error: prepared statement "s1" already exists',
    'FATAL:  query_wait_timeout',
    'error: prepared statement "s2" already exists',
    'pg: prepared statement "s3" already exists, prepared statement "s3" already exists',
  ].join('\n');
  expect(found(explainText(log))).toEqual([
    ['statement-exists', 2, 4, ['prisma']],
    ['query-wait-timeout', 4, 1, []],
  ]);
});

test('an error and its cause in one line of JSON are one line', () => {
  const known = 'error: prepared statement "s0" already exists';
  const log = JSON.stringify({ stack: `${known}\n  [cause]: ${known}` });
  expect(found(explainText(`${log}\n${log}`))).toEqual([['statement-exists', 1, 2, ['prisma']]]);
});

test('two applications in one log: each error has the stack of its own language', () => {
  const log = [
    'api-1  | error: query_wait_timeout',
    'api-1  |     at /app/node_modules/pg/lib/client.js:624:17',
    'web-1  |   File "/app/.venv/lib/python3.12/site-packages/django/db/backends/utils.py", line 105, in _execute',
    'web-1  | psycopg.errors.DuplicatePreparedStatement: prepared statement "_pg3_0" already exists',
    'job-1  | ERROR: prepared statement "stmtcache_9e1b2f" does not exist (SQLSTATE 26000)',
  ].join('\n');
  expect(found(explainText(log))).toEqual([
    ['query-wait-timeout', 1, 1, []],
    ['statement-exists', 4, 1, ['django']],
    ['statement-missing', 5, 1, ['pgx']],
  ]);
});

test('traces further away belong to other errors', () => {
  const far = (lines: number) =>
    `at /app/node_modules/pg/lib/client.js:624:17\n${'INFO\n'.repeat(lines)}ERROR: prepared statement "q" does not exist`;
  expect(explainText(far(20)).findings[0]?.advice[0]?.stack).toBe('pg');
  expect(explainText(far(80)).findings[0]?.advice[0]?.stack).toBeUndefined();
});

test('the stack that was given wins', () => {
  const { findings } = explainText('prepared statement "s0" already exists', { stack: 'rails' });
  expect(findings[0]?.advice).toMatchObject([{ stack: 'rails', title: 'Rails (Active Record)' }]);
});

describe('what is not one of them', () => {
  test.each([
    'hello',
    '',
    'relation "prepared statement" does not exist',
    'ERROR: duplicate key value (SQLSTATE 23505): insert into log values (\'prepared statement "s0" already exists\')',
    '{"code":"23505","detail":"prepared statement \\"s0\\" already exists"}',
    'see docs/hazards/POOLSAFE_LISTEN.md, POOLSAFE_LISTEN',
  ])('%s', (text) => {
    expect(explainText(text).findings).toEqual([]);
  });
});

describe('no secret is repeated', () => {
  test.each([
    'postgres://app:s3cr3t@db.test:6543/shop prepared statement "s0" already exists',
    'password=s3cr3t ERROR: prepared statement "s0" already exists password=s3cr3t',
    's3cr3t: prepared statement "s0" already exists: s3cr3t',
    '\'s3cr3t\' prepared statement "s0" already exists',
    'ENOTFOUND postgres://app:s3cr3t@db.abcdefghijklmnopqrst.supabase.co',
    'lookup postgres://app:x@s3cr3t@db.abcdefghijklmnopqrst.supabase.co: no such host',
    `prepared statement "${'x'.repeat(70)}s3cr3t" already exists`,
    'PGPASSWORD="s3cr3t" FATAL:  no such database: s3cr3t',
  ])('%s', (text) => {
    const explained = explainText(text);
    expect(explained.findings).toHaveLength(1);
    expect(JSON.stringify(explained)).not.toContain('s3cr3t');
  });
});

describe('a log in pieces', () => {
  async function* pieces(text: string, length: number): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
  }
  const log = texts.map(([, , , text]) => text).join(`\n${'INFO\n'.repeat(100)}`);

  test.each([1, 7, 1000, 10 ** 6])('of %s characters', async (length) => {
    expect(await explainLines(pieces(log, length))).toEqual(explainText(log));
  });

  test.each([1, 100])('a line break at the end makes no further line, in pieces of %s', async (length) => {
    expect(await explainLines(pieces('a\nb\n', length))).toEqual({ findings: [], lines: 2 });
    expect(explainText('a\nb\n').lines).toBe(2);
  });

  test('nothing at all', async () => {
    expect(await explainLines(pieces('', 1))).toEqual({ findings: [], lines: 0 });
  });

  test.each([7_990, 999_980, 1_000_010, 3_500_000])('an error %s characters into a line', async (at) => {
    const text = `${'x '.repeat(at / 2)}prepared statement "s0" already exists${' y'.repeat(500_000)}`;
    expect(found(await explainLines(pieces(text, 65_536)))).toEqual([['statement-exists', 1, 1, ['prisma']]]);
  });

  // Each would take minutes if the time were not in proportion to the text.
  test.each([
    ['one line of openings', 'prepared statement "'.repeat(500_000)],
    ['one line of backslashes', '\\'.repeat(5_000_000)],
    ['one line of hosts', 'ENOTFOUND '.repeat(500_000)],
    ['errors only', 'at node_modules/pg/lib: prepared statement "s0" already exists\n'.repeat(100_000)],
  ])('%s', { timeout: 20_000 }, async (_, text) => {
    const { lines } = await explainLines(pieces(text, 65_536));
    expect(lines).toBeGreaterThan(0);
  });
});

describe('the tables', () => {
  test('each recipe is of a stack that is recognised, against a hazard of some story or rule', () => {
    const names = clientStacks.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(recipes)));
    for (const rows of Object.values(recipes)) {
      for (const { hazard, settings, costs, source } of rows) {
        expect(hazards).toHaveProperty(hazard);
        expect([settings, costs]).not.toContain('');
        expect(source).toMatch(/^https:/);
      }
    }
  });

  test('each stack is told by one of the texts', () => {
    const told = texts.flatMap(([, stack]) => stack ?? []);
    expect(new Set(told)).toEqual(new Set(clientStacks.map(({ name }) => name)));
  });
});
