import { commandLine } from '../../../packages/poolsafe/src/program.ts';
import type { Fence } from './fences.ts';

/** The calls of `npx poolsafe` in the shell blocks of a page, with their line. */
export function commandLines({
  page,
  line,
  text,
}: Fence): { readonly where: string; readonly args: string[] }[] {
  return text.split('\n').flatMap((row, i) =>
    [...row.matchAll(/npx poolsafe\b(?<rest>(?:'[^']*'|"[^"]*"|[^|<>;&#'"])*)/g)].map((match) => ({
      where: `${page}:${line + i}`,
      args: [...(match.groups?.rest ?? '').matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map(
        ([word, single, double]) => single ?? double ?? word,
      ),
    })),
  );
}

/** What the command says about arguments that it does not take; `undefined` where it takes them. Nothing is run. */
export async function refusalOf(args: readonly string[]): Promise<string | undefined> {
  const program = commandLine(() => {});
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (command !== program) command.action(() => {});
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    const { exitCode, message } = error as { exitCode: number; message: string };
    return exitCode === 0 ? undefined : message;
  }
}
