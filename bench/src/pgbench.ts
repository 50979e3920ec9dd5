import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, ratios, type Spread, takeTurns } from './pairs.ts';
import { type Servers, startServers } from './servers.ts';
import { sqlTexts } from './stacks/stack.ts';
import { amount, shown, table } from './table.ts';

const run = promisify(execFile);
const seconds = 2;

/** What PostgreSQL's own client, in C, gets out of the same statement. */
export interface PgBench {
  readonly version: string;
  readonly results: readonly {
    readonly target: string;
    readonly operation: 'select' | 'join';
    /** Transactions per second, medians. */
    readonly extended: number;
    readonly prepared: number;
    readonly ratio: Spread;
  }[];
}

/** `pgbench` through the pooler that tracks statements and direct, or nothing where there is no such program. */
export async function benchPgBench(rounds: number): Promise<PgBench | undefined> {
  await using servers = await startServers();
  const program = await findProgram(servers);
  if (program === undefined) return undefined;
  const { stdout } = await run(program, ['--version']);
  const scripts = await mkdtemp(join(tmpdir(), 'poolsafe-bench-'));
  try {
    const results: PgBench['results'][number][] = [];
    for (const target of servers.targets.filter(({ kind }) => kind !== 'classic')) {
      for (const operation of ['select', 'join'] as const) {
        const script = join(scripts, `${operation}.sql`);
        await writeFile(script, `\\set id random(1, 1000)\n${oneLine(sqlTexts[operation])};\n`);
        const url = target.url(await servers.createDatabase());
        const mode = (name: string) => () => transactions(program, name, script, url);
        const [extended = [], prepared = []] = await takeTurns(rounds, [mode('extended'), mode('prepared')]);
        const ratio = ratios(prepared, extended, (rate) => rate);
        results.push({
          ...{ target: target.name, operation, ratio },
          ...{ extended: median(extended), prepared: median(prepared) },
        });
      }
    }
    return { version: stdout.trim(), results };
  } finally {
    await rm(scripts, { recursive: true });
  }
}

/** Beside the server that is measured, or else on PATH: what is needed of it has not changed for many versions. */
async function findProgram({ admin }: Servers): Promise<string | undefined> {
  const { rows } = await admin.query<{ setting: string }>(
    "select setting from pg_config where name = 'BINDIR'",
  );
  const folders = [...rows.map(({ setting }) => setting), ...(process.env.PATH ?? '').split(':')];
  return folders.map((folder) => join(folder, 'pgbench')).find((path) => existsSync(path));
}

function oneLine(text: string): string {
  return text.replaceAll('$1', ':id').replace(/\s+/g, ' ');
}

async function transactions(program: string, mode: string, script: string, url: string): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const where = ['-h', hostname, '-p', port, '-U', decodeURIComponent(username)];
  const what = ['-n', '-c', '10', '-j', '1', '-T', String(seconds), '-M', mode, '-f', script];
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) };
  const { stdout } = await run(program, [...what, ...where, pathname.slice(1)], { env });
  const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`pgbench said no rate:\n${stdout}`);
  return Number(rate);
}

export function showPgBench(found: PgBench | undefined): string {
  if (found === undefined) return 'Not measured: there is no `pgbench` beside this PostgreSQL or on PATH.';
  const rows = found.results.map(({ target, operation, extended, prepared, ratio }) => {
    return [target, operation, amount(extended), amount(prepared), shown(ratio)];
  });
  const head = ['Target', 'statement', '-M extended /s', '-M prepared /s', 'prepared / extended'];
  return `${found.version}, \`-c 10 -j 1 -T ${seconds}\`, in turn.\n\n${table(head, rows)}`;
}
