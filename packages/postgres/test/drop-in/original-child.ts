// One step with the original, in a process of its own, since it may hang or end the process.
import postgres from 'postgres';
import type { Lib, Route } from './lib.ts';
import { steps } from './steps.ts';

/** What the process is told, as one JSON argument. */
export interface ChildTask {
  readonly title: string;
  readonly route: Route;
}

const { title, route }: ChildTask = JSON.parse(process.argv[2] ?? '');
const step = steps.get(title);
if (step === undefined) throw new Error(`There is no step "${title}"`);
process.send?.('started');
await step(postgres as Lib, route);
process.send?.('done', () => process.exit(0));
