import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { collect, poolsafe, start } from './poolsafe.ts';

const colour = '\u001b[';
const known = 'prepared statement "s0" already exists';

describe('help', () => {
  test.each([
    [['--help'], ['explain', 'dev', 'Exit codes: 0']],
    [
      ['help', 'explain'],
      ['Examples:', 'docker logs', '--stack', 'Exit codes: 0'],
    ],
    [
      ['explain', '--help'],
      ['Examples:', '--json'],
    ],
    [
      ['dev', '-h'],
      ['Examples:', '--from', '--write-env', '--classic', 'Exit codes: 0'],
    ],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await poolsafe(args);
    for (const word of ['Usage: poolsafe', ...words]) expect(stdout).toContain(word);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('without a command it is an error', async () => {
    const { code, stdout, stderr } = await poolsafe([]);
    expect(stderr).toContain('Usage: poolsafe');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('the version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await poolsafe(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('what cannot be run: exit code 2, one sentence, nothing on standard output', () => {
  test.each([
    [['bogus'], "error: unknown command 'bogus'"],
    [['explain', '--bogus', 'text'], "error: unknown option '--bogus'"],
    [['explain', '--stack', 'cobol', 'text'], "'cobol' is invalid"],
    [['explain', 'package.json'], 'package.json is a file'],
    [['dev', 'now'], 'too many arguments'],
    [['dev', '--pgbouncer', '1.7'], "'1.7' is invalid"],
    [['dev', '--port', 'http'], 'error: --port is not a number'],
    [['dev', '--from'], "option '--from <url>' argument missing"],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await poolsafe(args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('--json: the error is JSON, too', async () => {
    const { code, stdout } = await poolsafe(['dev', '--json', '--port', '0']);
    expect(JSON.parse(stdout)).toEqual({ error: '--port is not a number from 1 to 65535.' });
    expect(code).toBe(2);
  });

  test.each([
    [['dev', '--frm=postgres://app:s3cr3t@db/shop']],
    [['postgres://app:s3cr3t@db/shop']],
    [['dev', '--pgbouncer', 'postgres://app:s3cr3t@db/shop']],
    [['dev', '--json', '--from', 'postgres://app:s3cr3t@db:99999/shop']],
    [['dev', '--from', 'postgres://app:s3cr3t@127.0.0.1:1/shop']],
  ])('a password is not repeated: %j', async (args) => {
    const { code, stdout, stderr } = await poolsafe(args);
    expect(stderr).not.toBe('');
    expect(stdout + stderr).not.toContain('s3cr3t');
    expect(code).toBe(2);
  });
});

describe('explain', () => {
  test.each([
    ['an argument', [known], undefined],
    ['words, as a shell leaves them', known.split(' '), undefined],
    ['standard input', ['-'], known],
    ['standard input, without a dash', [], known],
  ])('%s', async (_, args, input) => {
    const { code, stdout, stderr } = await poolsafe(
      ['explain', ...args],
      input === undefined ? {} : { input },
    );
    expect(stdout).toContain('raised by   PostgreSQL');
    expect(stdout).toContain("+ import { PrismaPg } from '@poolsafe/prisma'");
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 known error in 1 line');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  test('nothing known: exit code 0', async () => {
    expect(await poolsafe(['explain', 'hello'])).toEqual({
      code: 0,
      stdout: 'no known errors in 1 line\n',
      stderr: '',
    });
  });

  test('--json is one line', async () => {
    const { code, stdout } = await poolsafe(['explain', '--json', '--stack', 'django'], {
      input: `a\n${known}`,
    });
    expect(stdout.trimEnd()).not.toContain('\n');
    const { findings, lines } = JSON.parse(stdout);
    expect(lines).toBe(2);
    expect(findings).toMatchObject([{ code: 'statement-exists', line: 2, advice: [{ stack: 'django' }] }]);
    expect(code).toBe(1);
  });

  test('for a stack with settings of its own, no other words of a fix stand beside them', async () => {
    const { stdout } = await poolsafe(['explain', '--stack', 'psycopg', known]);
    expect(stdout).toContain('prepare_threshold=None');
    expect(stdout).not.toContain('poolsafe package');
  });

  test('whoever reads may stop reading', async () => {
    const child = start(['explain', '--json', known]);
    const stderr = collect(child.stderr);
    child.stdout?.destroy();
    const [code] = await once(child, 'close');
    expect(await stderr).toBe('');
    expect(code).toBe(1);
  });
});

describe('colours', () => {
  test.each([
    ['none in a pipe', {}, false],
    ['none in CI', { CI: '1' }, false],
    ['FORCE_COLOR', { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
    ['NO_COLOR wins', { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR does not count', { NO_COLOR: '', FORCE_COLOR: '1' }, true],
  ])('%s', async (_, env, coloured) => {
    const { stdout } = await poolsafe(['explain', known], { env });
    expect(stdout.includes(colour)).toBe(coloured);
  });
});
