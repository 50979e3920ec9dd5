import type { PoolConfig } from '@poolsafe/pg';

/** With descriptors, since pg hides the password of options that it has used before. */
export function copyOf(options: PoolConfig | undefined, changes: PoolConfig | undefined): PoolConfig {
  const [old, changed] = [options ?? {}, changes ?? {}].map(Object.getOwnPropertyDescriptors);
  return Object.defineProperties({}, { ...old, ...changed });
}
