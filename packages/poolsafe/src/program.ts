import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { clientStacks } from './client-stacks.ts';
import type { DevFlags } from './commands/dev.ts';
import type { DoctorFlags } from './commands/doctor.ts';
import type { ExplainFlags } from './commands/explain.ts';
import type { InitFlags } from './commands/init.ts';
import { redact } from './log-line.ts';
import { exitCodes } from './output.ts';

const exitCodesHelp = 'Exit codes: 0 nothing found, 1 findings, 2 it could not run.';

/** Runs the command line and gives the exit code. What a command needs is loaded when it runs. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.fine;
  const program = commandLine((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, args.includes('--json'));
  }
}

/** The commands and their options; `done` gets the exit code of the one that has run. */
export function commandLine(done: (code: number) => void): Command {
  const program = new Command('poolsafe')
    .description(
      'What is behind a PostgreSQL connection URL and breaks there, the swap of the imports, what errors mean, and a pooler for development.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', `\n${exitCodesHelp}\nMore: docs/command.md`)
    // What was typed may be the URL of a database.
    .configureOutput({ writeErr: (text) => process.stderr.write(redact(text)) })
    .exitOverride();
  for (const add of [addDoctor, addInit, addExplain, addDev]) add(program, done);
  return program;
}

function addDoctor(program: Command, done: (code: number) => void): void {
  command(program, 'doctor')
    .description(
      'what is on the other side of a connection URL, what your project uses, and what breaks there',
    )
    .argument('[url]', 'default: DATABASE_URL and the like, of the environment, .env.local and .env')
    .option(
      '--direct <url>',
      'the URL that leads to PostgreSQL without the pooler, to compare (default: DIRECT_URL)',
    )
    .option('--cwd <folder>', 'the project to look at (default: the current folder)')
    .option('--deadline <seconds>', 'for each check', '5')
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
Reads only: it changes no data and no settings, and leaves nothing on server connections. Prints no passwords.

Examples:
  poolsafe doctor
  poolsafe doctor "$DATABASE_URL" --json | jq .server.product
  poolsafe doctor postgres://app:secret@localhost:6432/shop

Exit codes: 0 nothing but notes, 1 errors or warnings, a server that lets nobody in among them, 2 there was nothing to
look at.`,
    )
    .action(async (url: string | undefined, flags: DoctorFlags) => {
      const { runDoctor } = await import('./commands/doctor.ts');
      done(await runDoctor(url, flags));
    });
}

function addInit(program: Command, done: (code: number) => void): void {
  command(program, 'init')
    .description('the swap of the imports of this project, as a diff')
    .option('--write', 'make it')
    .option('--cwd <folder>', 'the project (default: the current folder)')
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
Looks at JavaScript and TypeScript that .gitignore does not name, nor folders like node_modules and dist. What it does
not understand it leaves, and says so. Installs nothing: it prints the command.

Examples:
  poolsafe init
  poolsafe init --write

Exit codes: 0 nothing to swap, or all written, 1 something to swap, 2 it could not run.`,
    )
    .action(async (flags: InitFlags) => {
      const { runInit } = await import('./commands/init.ts');
      done(await runInit(flags));
    });
}

function addExplain(program: Command, done: (code: number) => void): void {
  const names = [...new Set(clientStacks.map(({ name }) => name))];
  command(program, 'explain')
    .description('what an error text or a log means, whatever driver or language it comes from')
    .argument('[text...]', 'the text; - or nothing reads standard input')
    .addOption(
      new Option('--stack <name>', 'where it comes from, if the text does not show it').choices(names),
    )
    .option('--json', 'one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  poolsafe explain 'prepared statement "s0" already exists'
  docker logs app 2>&1 | poolsafe explain -
  poolsafe explain --json --stack django < error.log

Prints no passwords and no values of parameters: of a line, only the words of the known error.
${exitCodesHelp}`,
    )
    .action(async (words: string[], flags: ExplainFlags) => {
      const { runExplain } = await import('./commands/explain.ts');
      done(await runExplain(words, flags));
    });
}

function addDev(program: Command, done: (code: number) => void): void {
  command(program, 'dev')
    .description('a local PostgreSQL behind a PgBouncer that is as unkind as production')
    .addOption(
      new Option('--pgbouncer <version>', 'which PgBouncer')
        .choices(['1.18', '1.24', 'latest'])
        .default('latest'),
    )
    .option('--classic', 'one that keeps no prepared statements, like 1.18 and like Supabase')
    .option('--from <url>', 'put it in front of your own database, instead of a new PostgreSQL')
    .option('--port <number>', 'where PgBouncer listens (default: a free port)')
    // Not --env-file: Node takes that for itself, even behind the name of a script, and ends where there is no file.
    .option('--write-env [file]', 'write DATABASE_URL and DIRECT_URL into this file (.env)')
    .option('--force', 'with --write-env: replace other values, which stay as comments')
    .option('--json', 'one line of JSON when it is ready')
    .addHelpText(
      'after',
      `
Transaction mode, five server connections, taken in turn: a query never lands where the last one did.
Runs until Ctrl-C, and then removes everything.

Examples:
  poolsafe dev --write-env
  poolsafe dev --classic --port 6432
  poolsafe dev --from postgres://app:secret@localhost:5432/shop --write-env .env.local

Exit codes: 0 stopped, 2 it could not run, or PgBouncer ended by itself.`,
    )
    .action(async (flags: DevFlags) => {
      const { runDev } = await import('./commands/dev.ts');
      done(await runDev(flags));
    });
}

function command(program: Command, name: string): Command {
  return program.command(name).helpOption('-h, --help', 'print this help').allowExcessArguments(false);
}

function failed(error: unknown, json: boolean): number {
  // commander has written the help, the version, or what is wrong with the arguments.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.couldNotRun;
  const message = redact(error instanceof Error ? error.message : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: message })}\n`);
  process.stderr.write(`error: ${message}\n`);
  return exitCodes.couldNotRun;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
