import { standardOdysseys, startStack } from '@poolsafe/stack';
import type { TestProject } from 'vitest/node';
import { type Servers, standardServers } from '../src/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** One PostgreSQL, four PgBouncers and two Odysseys for all test files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({
    odysseys: standardOdysseys,
    postgres: { settings: { max_connections: 300 } },
  });
  project.provide('servers', await standardServers(stack));
  return () => stack.stop();
}
