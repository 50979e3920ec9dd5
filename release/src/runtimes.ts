import type { Ended, Project } from './project.ts';
import { bun, deno, nodes } from './smoke-project.ts';

/** What programs are run on, by the title of its column. */
export const runtimes: ReadonlyMap<string, (app: Project, file: string, env: Env) => Promise<Ended>> =
  new Map([
    ...nodes.map(
      (node) =>
        [
          `Node ${node}`,
          (app: Project, file: string, env: Env) => app.run('node', [file], { node, env }),
        ] as const,
    ),
    [`Bun ${bun.version}`, (app, file, env) => app.run('node_modules/bun/bin/bun', [file], { env })],
    [
      `Deno ${deno.version}`,
      (app, file, env) => app.run('node_modules/deno/deno', ['run', '--allow-all', file], { env }),
    ],
  ]);

type Env = Readonly<Record<string, string>>;

/** How programs import, by the title of the row. */
export const formats = { 'ES modules': 'mjs', '`require()`': 'cjs' } as const;

/** The name of a format. */
export type Format = keyof typeof formats;
