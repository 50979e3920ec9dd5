// One step with the original, in a process of its own, since it may hang or end the process.
import type { Lib, Route } from './lib.ts';
import { steps } from './steps.ts';

/** What the process is told, as one JSON argument. */
export interface ChildTask {
  readonly title: string;
  readonly route: Route;
  /** A module to load before `postgres` is, where another version is to take its place. */
  readonly first: string | undefined;
}

const { title, route, first }: ChildTask = JSON.parse(process.argv[2] ?? '');
if (first !== undefined) await import(first);
const { default: postgres } = (await import('postgres')) as { default: Lib };
const step = steps.get(title);
if (step === undefined) throw new Error(`There is no step "${title}"`);
process.send?.('started');
await step(postgres, route);
process.send?.('done', () => process.exit(0));
