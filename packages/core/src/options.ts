import { type ConfigError, configError } from './errors.ts';
import { isPoolerName, type Pooler, type PoolerName, poolers } from './poolers.ts';
import { recognise } from './recognise.ts';
import { type HazardCode, hazardCodes, isHazardCode } from './refusals.ts';
import type { StatementCacheOptions } from './statements.ts';
import { parseTarget, type Target } from './target.ts';

/** What happens to statements that are not safe; also under the key `poolsafe` of a single query, where there is a place for it. */
export type Policy = Pick<PoolsafeOptions, 'onHazard' | 'allow'>;

/** The options under the key `poolsafe`, the same in every package. Each defaults to the safe automatic choice. */
export interface PoolsafeOptions {
  /**
   * What is on the other side. `auto` recognises it by host and port, and takes nothing for granted where
   * that says nothing. `direct` is PostgreSQL itself: nothing is refused.
   */
  readonly pooler?: 'auto' | PoolerName | Pooler | undefined;
  /**
   * Whether statements may have names. `auto`: where a connection has found that they are kept, a text that
   * repeats gets one. `always`: wherever, and names that the application gives are left as they are. `never`: none
   * anywhere.
   */
  readonly statements?: 'auto' | 'never' | 'always' | undefined;
  /** How many statements are named, from when on, and for how long what is known of them counts. */
  readonly statementCache?: StatementCacheOptions | undefined;
  /**
   * Whether BEGIN waits for the first statement of its transaction, to travel with it: one round trip less, and no
   * server connection is held before. Default `true`.
   */
  readonly deferBegin?: boolean | undefined;
  /** What happens to a statement that is not safe here. Default `throw`: it is refused before it is sent. */
  readonly onHazard?: 'throw' | 'warn' | 'allow' | undefined;
  /** Hazards that are let through without a word. */
  readonly allow?: readonly HazardCode[] | undefined;
  /** URL that reaches PostgreSQL without the pooler, for what needs a session. */
  readonly direct?: string | undefined;
}

const choices = {
  statements: ['auto', 'never', 'always'],
  deferBegin: [true, false],
  onHazard: ['throw', 'warn', 'allow'],
} as const;

const policyNames: readonly string[] = ['onHazard', 'allow'];

/** The keys of {@link PoolsafeOptions}. */
export const optionNames: readonly string[] = [
  'pooler',
  'statements',
  'statementCache',
  'deferBegin',
  ...policyNames,
  'direct',
];

const cacheNames: readonly string[] = ['size', 'threshold', 'maxAge'];

/**
 * Checks what was given under the key `poolsafe`.
 *
 * @throws ConfigError naming the option, what it got and what it takes
 */
export function checkOptions(options: unknown): PoolsafeOptions {
  if (options === undefined) return {};
  checkKeys(options, optionNames, "poolsafe: { pooler: 'pgbouncer' }");
  const given = options as PoolsafeOptions;
  checkChoices(given);
  checkAllow(given.allow);
  checkPooler(given.pooler);
  checkDirect(given.direct);
  checkCache(given.statementCache);
  return given;
}

/**
 * Checks what was given under the key `poolsafe` of a single query.
 *
 * @throws ConfigError naming the option, what it got and what it takes
 */
export function checkPolicy(options: unknown): Policy {
  checkKeys(options, policyNames, "poolsafe: { allow: ['POOLSAFE_SESSION_SET'] }");
  const given = options as Policy;
  checkChoices(given);
  checkAllow(given.allow);
  return given;
}

function checkKeys(options: unknown, names: readonly string[], example: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw configError('`poolsafe` must be an object.', `for example \`${example}\``);
  }
  const unknownKey = Object.keys(options).find((key) => !names.includes(key));
  if (unknownKey !== undefined) throw notOneOf('poolsafe', unknownKey, names, 'option');
}

function checkChoices(given: PoolsafeOptions): void {
  for (const [key, values] of Object.entries(choices)) {
    const value = given[key as keyof typeof choices];
    if (value !== undefined && !(values as readonly unknown[]).includes(value)) {
      throw notOneOf(`poolsafe.${key}`, value, values);
    }
  }
}

function checkAllow(allow: unknown): void {
  if (allow === undefined) return;
  if (!Array.isArray(allow)) {
    throw configError('`poolsafe.allow` must be a list of hazard codes.', "allow: ['POOLSAFE_SESSION_SET']");
  }
  const wrong = allow.findIndex((code) => !isHazardCode(code));
  if (wrong >= 0) throw notOneOf('poolsafe.allow', allow[wrong], hazardCodes);
}

function checkPooler(pooler: unknown): void {
  if (pooler === undefined || pooler === 'auto' || isPoolerName(pooler)) return;
  if (!isRow(pooler)) {
    throw notOneOf('poolsafe.pooler', pooler, ['auto', ...Object.keys(poolers), 'a complete row like those']);
  }
}

/** An incomplete row would let everything pass without a word. */
function isRow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, title, session, statements, startup, startupOptions, errors } = value as Partial<Pooler>;
  const isNames = (names: unknown) => names === 'any' || Array.isArray(names);
  return (
    isPoolerName(name) &&
    typeof title === 'string' &&
    ['kept', 'lost', 'pinned'].includes(session?.value as string) &&
    ['kept', 'lost', 'pinned', 'depends'].includes(statements?.value as string) &&
    isNames(startup?.value) &&
    isNames(startupOptions?.value) &&
    typeof errors?.value === 'string'
  );
}

function checkCache(cache: unknown): void {
  if (cache === undefined) return;
  const example = 'statementCache: { size: 200, threshold: 2, maxAge: 60_000 }';
  if (typeof cache !== 'object' || cache === null || Array.isArray(cache)) {
    throw configError('`poolsafe.statementCache` must be an object.', `for example \`${example}\``);
  }
  for (const [key, value] of Object.entries(cache)) {
    if (!cacheNames.includes(key)) throw notOneOf('poolsafe.statementCache', key, cacheNames, 'option');
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw configError(`\`poolsafe.statementCache.${key}\` must be a whole number from 1 on.`, example);
    }
  }
}

function checkDirect(direct: unknown): void {
  if (direct === undefined) return;
  if (typeof direct !== 'string') {
    throw configError('`poolsafe.direct` must be a connection URL.', 'direct: process.env.DIRECT_URL');
  }
  const there = poolers[recognise(parseDirect(direct))];
  if (there.name !== 'unknown' && there.session.value !== 'kept') {
    throw configError(
      `\`poolsafe.direct\` leads to ${there.title}, which is not a direct connection.`,
      'give the URL that reaches PostgreSQL without the pooler',
    );
  }
}

function parseDirect(direct: string): Target {
  try {
    return parseTarget(direct);
  } catch (error) {
    throw configError(
      '`poolsafe.direct` is not a usable connection URL.',
      'postgres://user:password@host:port/database',
      error,
    );
  }
}

function notOneOf(
  where: string,
  value: unknown,
  allowed: readonly (string | boolean)[],
  what = 'value',
): ConfigError {
  // Only short plain words are repeated: anything else may be a URL or a secret in the wrong place.
  const word = typeof value === 'string' && /^[\w.-]{1,40}$/.test(value) ? ` "${value}"` : '';
  const kind = typeof value === 'string' ? what : `value of type ${typeof value}`;
  return configError(`\`${where}\` does not take the ${kind}${word}.`, `one of ${allowed.join(', ')}`);
}
