import { startStack } from '@poolsafe/stack';
import type { TestProject } from 'vitest/node';
import { type Servers, standardServers } from '../src/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** One PostgreSQL and the four PgBouncers for all test files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ postgres: { settings: { max_connections: 300 } } });
  project.provide('servers', await standardServers(stack));
  return () => stack.stop();
}
