import type { Program } from './programs.ts';

/** The error for a program that cannot be had: what was tried, and the commands that would get one. */
export function noProgram(
  { title, ways, debian }: Program,
  wanted: string,
  tried: readonly string[],
  cause?: unknown,
): Error {
  const latest = debian.find(({ moves }) => moves)?.version ?? '';
  const version = wanted === 'latest' ? latest : wanted.replace(/^\d+\.\d+$/, '$&.0');
  const commands = ways
    .filter(({ platforms }) => platforms.includes(process.platform))
    .flatMap((way) => way.commands)
    .map((command) => `  ${command.replaceAll('VERSION', version)}`);
  const message = [
    `No ${title} ${wanted} for ${process.platform}-${process.arch}: ${tried.join('; ')}.`,
    commands.length === 0
      ? `${title} does not run on ${process.platform}.`
      : 'One of these gets one; give its path as { binary } when it is not on the PATH:',
    ...commands,
  ];
  return new Error(message.join('\n'), { cause });
}
