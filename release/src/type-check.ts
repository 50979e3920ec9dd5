import type { Project } from './project.ts';
import type { StackName } from './smoke-project.ts';

const options = {
  target: 'es2022',
  lib: ['es2022'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  rootDir: 'src',
  outDir: 'out',
};

/** How programs are written, and how TypeScript finds what they import. */
export const modes = {
  'ES modules, `nodenext`': { module: 'nodenext', extension: 'mts' },
  'ES modules, `bundler`': { module: 'esnext', moduleResolution: 'bundler', extension: 'mts' },
  'CommonJS, `nodenext`': { module: 'nodenext', extension: 'cts' },
  'CommonJS, `node10`': {
    module: 'commonjs',
    moduleResolution: 'node10',
    esModuleInterop: true,
    extension: 'cts',
  },
} as const;

/** The name of a mode. */
export type Mode = keyof typeof modes;

/** What TypeScript says: the codes of errors of each program, and errors in our own declarations. */
export interface TypeCheck {
  codesOf(stack: StackName): readonly string[];
  readonly ours: readonly string[];
  /** All that it wrote, for the message of a test that fails. */
  readonly text: string;
}

/**
 * Checks all programs at once. Declarations of libraries are checked as well, or ours could be wrong and become `any`;
 * what is wrong in those of others is not looked at.
 */
export async function typeCheck(app: Project, typescript: string, mode: Mode): Promise<TypeCheck> {
  const { extension, ...more } = modes[mode];
  const config = `tsconfig.${typescript}-${Object.keys(modes).indexOf(mode)}.json`;
  await app.write({
    [config]: { compilerOptions: { ...options, ...more }, include: [`src/*.${extension}`] },
  });
  const tsc = `node_modules/typescript-${typescript}/bin/tsc`;
  const args = [tsc, '-p', config, '--pretty', 'false', '--noEmit'];
  const { stdout, stderr, late } = await app.run('node', args, { deadline: 120_000 });
  if (late || stderr) throw new Error(`TypeScript ${typescript} ${late ? 'does not end' : stderr}`);
  const found = [...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error (TS\d+): .*$/gm)];
  return {
    codesOf: (stack) => {
      // An error in the config is one of every program.
      const files = [config, `src/${stack}.${extension}`];
      const codes = found.filter(([, file]) => files.includes(file!)).map(([, , code]) => code!);
      return [...new Set(codes)].sort();
    },
    ours: found.filter(([, file]) => /\/node_modules\/@?poolsafe\//.test(file!)).map(([line]) => line),
    text: found
      .filter(([, file]) => file!.startsWith('src/'))
      .map(([line]) => line)
      .join('\n'),
  };
}

/** Makes JavaScript of all programs, `out/NAME.mjs` and `out/NAME.cjs`. */
export async function compile(app: Project, typescript: string): Promise<void> {
  for (const extension of ['mts', 'cts']) {
    const config = `tsconfig.${extension}.json`;
    const compilerOptions = { ...options, module: 'nodenext', skipLibCheck: true, noCheck: true };
    await app.write({ [config]: { compilerOptions, include: [`src/*.${extension}`] } });
    const args = [`node_modules/typescript-${typescript}/bin/tsc`, '-p', config];
    const { code, stdout } = await app.run('node', args);
    if (code !== 0) throw new Error(stdout);
  }
}
