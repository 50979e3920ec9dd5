import { randomBytes } from 'node:crypto';
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';

/** The line above each one of ours, by which it may be replaced the next time. */
const MARK = '# poolsafe dev: local, gone when it stops';
const REPLACED = '# before poolsafe dev: ';

/** Names and values for an environment file. */
export type EnvValues = Readonly<Record<string, string>>;

/**
 * Refuses a file in which somebody else has set one of these names.
 *
 * @throws {Error} with the names, never with the values.
 */
export async function assertWritable(path: string, names: readonly string[], force: boolean): Promise<void> {
  const lines = (await textOf(path)).split(/\r?\n/);
  const foreign = names.filter((name) => lines.some((line, at) => sets(line, name) && !isOurs(lines, at)));
  if (force || foreign.length === 0) return;
  throw new Error(
    `${path} sets ${foreign.join(' and ')} already, and not by poolsafe dev.\n  fix: another file (--write-env .env.local), or --force, which keeps the old lines as comments`,
  );
}

/** Writes values into a file: over its own earlier lines, at the end otherwise. Nothing else of the file changes. */
export async function writeEnvFile(path: string, values: EnvValues): Promise<void> {
  const before = await textOf(path);
  const target = await realpath(path).catch(() => path);
  // It may hold a password.
  const mode = await stat(target).then(
    ({ mode }) => mode & 0o777,
    () => 0o600,
  );
  const staging = `${target}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(staging, withValues(before, values), { mode });
    await rename(staging, target);
  } finally {
    await rm(staging, { force: true });
  }
}

/** The text of an environment file with these values in it; what others have set becomes a comment. */
function withValues(text: string, values: EnvValues): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  const kept = lines.flatMap((line, at) => {
    const isSet = Object.keys(values).some((name) => sets(line, name));
    if (isSet) return isOurs(lines, at) ? [] : [REPLACED + line];
    return line === MARK ? [] : [line];
  });
  const ours = Object.entries(values).flatMap(([name, value]) => [MARK, `${name}=${quoted(value)}`]);
  return [...kept, ...ours, ''].join(newline);
}

function sets(line: string, name: string): boolean {
  return new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`).test(line);
}

function isOurs(lines: readonly string[], at: number): boolean {
  return lines[at - 1] === MARK;
}

/** Some readers keep quotation marks as part of the value, others expand a $. */
function quoted(value: string): string {
  return /^[\w:/@%.?&=~+,*!()[\]-]*$/.test(value) ? value : `'${value.replaceAll("'", '%27')}'`;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
