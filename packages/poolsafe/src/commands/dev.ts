import { assertWritable, writeEnvFile } from '../env-file.ts';
import { colorsFor, exitCodes } from '../output.ts';
import { type Dev, type DevOptions, startDev } from '../start-dev.ts';

/** The options of `poolsafe dev`, as they were typed. */
export interface DevFlags {
  readonly pgbouncer: '1.18' | '1.24' | 'latest';
  readonly classic?: true;
  readonly from?: string;
  readonly port?: string;
  readonly writeEnv?: string | true;
  readonly force?: true;
  readonly json?: true;
}

/** `poolsafe dev`: runs until a signal ends it, and gives the exit code. */
export async function runDev(flags: DevFlags): Promise<number> {
  const options = optionsOf(flags);
  const envFile = flags.writeEnv === true ? '.env' : flags.writeEnv;
  if (envFile !== undefined) await assertWritable(envFile, NAMES, flags.force === true);
  // From the first moment, and to the last: the default would leave a stop half done.
  const signal = firstSignal();
  const started = startDev(options);
  const first = await Promise.race([started, signal]);
  // Nobody waits for a download: what has started ends with this process.
  if (typeof first === 'string') process.exit(exitCodes.fine);
  await using dev = first;
  const values = { DATABASE_URL: dev.databaseUrl, DIRECT_URL: dev.directUrl };
  if (envFile !== undefined) await writeEnvFile(envFile, values);
  process.stdout.write(`${flags.json ? json(dev, flags, envFile) : text(dev, flags, envFile)}\n`);
  const end = await Promise.race([signal, dev.ended]);
  if (end instanceof Error) throw end;
  return exitCodes.fine;
}

const NAMES = ['DATABASE_URL', 'DIRECT_URL'] as const;

function optionsOf({ pgbouncer, classic, from, port }: DevFlags): DevOptions {
  const number = Number(port);
  if (port !== undefined && !(Number.isInteger(number) && number > 0 && number < 65_536)) {
    throw new Error('--port is not a number from 1 to 65535.');
  }
  return {
    pgbouncer,
    ...(classic && { classic }),
    ...(from !== undefined && { from }),
    ...(port !== undefined && { port: number }),
  };
}

/** Resolves with the first signal. Later ones change nothing: npx passes on what the terminal has sent to all. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}

/** The password of a database of one's own is not shown; that of a new one opens nothing else. */
function shown(dev: Dev, { from }: DevFlags): { readonly databaseUrl: string; readonly directUrl: string } {
  const { databaseUrl, directUrl } = dev;
  if (from === undefined) return { databaseUrl, directUrl };
  return { databaseUrl: withoutPassword(databaseUrl), directUrl: withoutPassword(directUrl) };
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}

function json(dev: Dev, flags: DevFlags, envFile: string | undefined): string {
  const { pgbouncer, postgres, keepsStatements } = dev;
  return JSON.stringify({
    ...shown(dev, flags),
    pgbouncer,
    postgres,
    keepsStatements,
    ...(envFile && { envFile }),
  });
}

function text(dev: Dev, flags: DevFlags, envFile: string | undefined): string {
  const colors = colorsFor(process.stdout);
  const { databaseUrl, directUrl } = shown(dev, flags);
  const statements = dev.keepsStatements ? 'keeps prepared statements' : 'keeps no prepared statements';
  return [
    `PostgreSQL ${dev.postgres} behind PgBouncer ${dev.pgbouncer}: transaction mode, server connections in turn, ${statements}`,
    '',
    `${colors.bold('DATABASE_URL')}=${databaseUrl}`,
    `${colors.bold('DIRECT_URL')}=${directUrl}`,
    '',
    ...(envFile === undefined ? [] : [`Written to ${envFile}.`]),
    colors.dim('Ctrl-C stops it, and its data goes with it.'),
  ].join('\n');
}
