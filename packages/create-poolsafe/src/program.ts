import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { cancel, isCancel, select, text } from '@clack/prompts';
import { Command, CommanderError } from 'commander';
import { assertEmpty, CreateError, createProject } from './create-project.ts';
import { templates } from './templates.ts';

interface Flags {
  readonly template?: string;
  readonly name?: string;
}

/** The command was left at a prompt. */
class Left extends Error {}

/** Runs the command line and gives the exit code: 0 made, 2 not made. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command('create-poolsafe')
    .description('Starts a Node application that is safe behind a PostgreSQL connection pooler.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .argument('[folder]', 'where it goes; a new or an empty folder')
    .option('-t, --template <name>', `one of ${templates().join(', ')}`)
    .option('-n, --name <name>', 'the name in package.json (default: that of the folder)')
    .addHelpText('after', '\nOn a terminal it asks for what is not given.\n\nExit codes: 0 made, 2 not made.')
    .exitOverride()
    .action(create);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return failed(error);
  }
}

async function create(given: string | undefined, flags: Flags): Promise<void> {
  const folder = given ?? (await askFolder());
  await assertEmpty(folder);
  const template = flags.template ?? (await askTemplate());
  const made = await createProject({ template, folder, name: flags.name });
  console.log(nextSteps(relative(process.cwd(), made.folder), template));
}

async function askFolder(): Promise<string> {
  assertTerminal('the folder');
  return answered(await text({ message: 'Folder', initialValue: 'my-app' }));
}

async function askTemplate(): Promise<string> {
  assertTerminal('--template');
  const options = templates().map((value) => ({ value, label: value }));
  return answered(await select({ message: 'Template', options }));
}

function assertTerminal(missing: string): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  const usage = 'create-poolsafe <folder> --template <name>';
  throw new CreateError(
    `Not on a terminal, and without ${missing}: ${usage}, with one of ${templates().join(', ')}.`,
  );
}

function answered(answer: string | symbol): string {
  if (!isCancel(answer)) return answer as string;
  cancel('Nothing was written.');
  throw new Left();
}

/** In the words of the package manager that runs this. */
function nextSteps(folder: string, template: string): string {
  const manager = /^(pnpm|yarn|bun)\//.exec(process.env.npm_config_user_agent ?? '')?.[1] ?? 'npm';
  const steps = [...(folder ? [`cd ${folder}`] : []), `${manager} install`, `${manager} test`];
  return `\nMade from ${template}. Next:\n\n${steps.map((step) => `  ${step}`).join('\n')}\n\nREADME.md says the rest.`;
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof Left)) console.error(error instanceof CreateError ? error.message : error);
  return 2;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
