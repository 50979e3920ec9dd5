import { type ConfigError, configError } from './errors.ts';
import type { Plan } from './plan.ts';
import { type Provider, providerOf, providers } from './providers.ts';
import type { Target } from './target.ts';

/** How many sessions a direct lane has at a time: PostgreSQL has few, which is why there is a pooler. */
export const mostSessions = 5;

/** Milliseconds after which a connection that listens cannot be made, where the options give no time. */
export const connectDeadline = 30_000;

/**
 * Refuses what needs a session where there is none to be had.
 *
 * @throws ConfigError as {@link directNeeded} has it
 */
export function assertDirect(
  what: string,
  plan: Pick<Plan, 'pooler' | 'hasDirect'>,
  target: Pick<Target, 'host'>,
): void {
  if (!plan.hasDirect && plan.pooler.session.value !== 'kept') throw directNeeded(what, plan, target);
}

/**
 * The error for whoever needs a session where `poolsafe.direct` was not given: says where the hosting provider shows
 * that URL, or, where the host does not tell whose it is, where each of them does.
 *
 * ```ts
 * throw directNeeded('pool.session()', pool.poolsafe, { host: 'ep-x-pooler.eu.aws.neon.tech' })
 * ```
 */
export function directNeeded(
  what: string,
  { pooler }: Pick<Plan, 'pooler'>,
  target: Pick<Target, 'host'>,
): ConfigError {
  const provider = providerOf(target);
  const shown = (provider === undefined ? providers : [provider]).map(line);
  const none =
    pooler.name === 'unknown' ? ["    without a pooler: `poolsafe: { pooler: 'direct' }` instead"] : [];
  return configError(
    `${what} needs a connection to PostgreSQL itself, and the URL leads to ${pooler.title}.`,
    [
      '`poolsafe: { direct: … }` with the URL that reaches PostgreSQL without the pooler',
      ...shown,
      ...none,
    ].join('\n'),
  );
}

function line({ name, shownAt, differs }: Provider): string {
  return `    ${name}: ${shownAt} (${differs})`;
}
