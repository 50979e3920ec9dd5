import { relative } from 'node:path';
import { applySwap, proposeSwap, type SwapProposal } from '../init/propose.ts';
import { type Colors, colorsFor, exitCodes } from '../output.ts';
import { startProgress } from '../progress.ts';

/** The options of `poolsafe init`, as they were typed. */
export interface InitFlags {
  readonly write?: true;
  readonly cwd?: string;
  readonly json?: true;
}

/** `poolsafe init`: shows the swap, or makes it, and gives the exit code. */
export async function runInit({ write, cwd, json }: InitFlags): Promise<number> {
  const progress = startProgress(json === true);
  progress.report('reading the sources');
  try {
    const proposal = await proposeSwap(cwd === undefined ? {} : { cwd });
    const applied = write ? await applySwap(proposal) : { written: [], changed: [] };
    progress.end();
    const colors = colorsFor(process.stdout);
    process.stdout.write(
      `${json ? asJson(proposal, applied.written) : asText(proposal, applied.written, colors)}\n`,
    );
    if (applied.changed.length > 0)
      throw new Error(`changed while it was looked at, and left: ${applied.changed.join(', ')}`);
    return proposal.files.length > applied.written.length ? exitCodes.findings : exitCodes.fine;
  } finally {
    progress.end();
  }
}

function asJson({ folder, files, left, install }: SwapProposal, written: readonly string[]): string {
  const shown = files.map(({ path, modules, diff }) => ({
    path,
    modules,
    diff,
    written: written.includes(path),
  }));
  return JSON.stringify({ folder, files: shown, left, install });
}

function asText(
  { folder, files, left, install }: SwapProposal,
  written: readonly string[],
  colors: Colors,
): string {
  const sections = [
    ...files.map(({ diff }) => colored(diff, colors)),
    ...(left.length === 0 ? [] : [leftAsText(left, colors)]),
    ...install.map(
      (one) =>
        `${colors.bold('To install')}${one.folder === '.' ? '' : ` in ${one.folder}`}\n  ${one.command}`,
    ),
    summary(folder, files.length, written.length, colors),
  ];
  return sections.join('\n\n');
}

function leftAsText(left: SwapProposal['left'], colors: Colors): string {
  const lines = left.map(({ path, line, what, why }) => `  ${path}:${line}  ${what}\n    ${colors.dim(why)}`);
  return [colors.bold('Left as it is'), ...lines].join('\n');
}

function summary(folder: string, count: number, written: number, colors: Colors): string {
  const where = relative(process.cwd(), folder) || 'this folder';
  const files = (number: number) => (number === 1 ? '1 file' : `${number} files`);
  if (count === 0) return colors.green(`Nothing to swap in ${where}.`);
  if (written > 0) return colors.green(`Swapped the imports of ${files(written)} in ${where}.`);
  return `${files(count)} to change in ${where}: poolsafe init --write does it.`;
}

function colored(diff: string, colors: Colors): string {
  const paint = (line: string) => {
    if (line.startsWith('+++') || line.startsWith('---')) return colors.bold(line);
    if (line.startsWith('@@')) return colors.cyan(line);
    return line.startsWith('+') ? colors.green(line) : line.startsWith('-') ? colors.red(line) : line;
  };
  return diff.split('\n').map(paint).join('\n');
}
