import { configError } from './errors.ts';
import { poolers } from './poolers.ts';
import { providerOf } from './providers.ts';
import { recognise } from './recognise.ts';
import { parseTarget, type Target } from './target.ts';

/** An environment variable that holds a connection URL. */
export interface UrlVariable {
  readonly variable: string;
  /** Where its URL leads by its name: to PostgreSQL itself, to a pooler, or to whichever the application uses. */
  readonly leads: 'direct' | 'pooled' | 'either';
  readonly source: string;
}

/** The names that people and hosting providers use. Of those that lead to the same place, the first that is set counts. */
export const urlVariables: readonly UrlVariable[] = [
  { variable: 'DIRECT_URL', leads: 'direct', source: 'Prisma and Supabase documentation' },
  { variable: 'DIRECT_DATABASE_URL', leads: 'direct', source: 'Prisma, examples with Accelerate' },
  { variable: 'POSTGRES_URL_NON_POOLING', leads: 'direct', source: 'Vercel Marketplace, Supabase and Neon' },
  { variable: 'DATABASE_URL_UNPOOLED', leads: 'direct', source: 'Neon documentation, Vercel' },
  { variable: 'DATABASE_URL_POOLED', leads: 'pooled', source: 'Prisma Postgres documentation, Vercel' },
  {
    variable: 'DATABASE_CONNECTION_POOL_URL',
    leads: 'pooled',
    source: 'Heroku Dev Center, "Server-Side Connection Pooling for Heroku Postgres"',
  },
  { variable: 'DATABASE_URL', leads: 'either', source: 'what most applications and providers use' },
  { variable: 'POSTGRES_PRISMA_URL', leads: 'either', source: 'Vercel Marketplace, Supabase and Neon' },
  {
    variable: 'POSTGRES_URL',
    leads: 'either',
    source: 'Vercel Marketplace, Supabase, Neon and Prisma Postgres',
  },
];

/** Connection URLs, and the variables that they were found in. */
export interface ResolvedUrls {
  /** For the application: through the pooler, where there is one. */
  readonly url: string;
  /** The one that reaches PostgreSQL without the pooler, for the option `direct`. */
  readonly direct: string | undefined;
  readonly from: { readonly url: string; readonly direct: string | undefined };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set. */
interface Found extends UrlVariable {
  readonly value: string;
  readonly target: Target | undefined;
}

/**
 * Finds the connection URLs under the names that people and hosting providers have for them.
 *
 * ```ts
 * import { Pool, resolveUrls } from '@poolsafe/pg'
 *
 * const { url, direct } = resolveUrls()
 * const pool = new Pool({ connectionString: url, poolsafe: { direct } })
 * ```
 *
 * `url` is the one whose name says that it is pooled, else `DATABASE_URL`, `POSTGRES_PRISMA_URL` or `POSTGRES_URL`;
 * where that leads to PostgreSQL itself, and another of them to a pooler of the same provider, it is that other.
 * `direct` is the one whose name says so, else one of the application's that leads to PostgreSQL itself at the same
 * provider, which may be `url`.
 *
 * @throws ConfigError when there is no URL for the application, or the one for `direct` leads to a pooler. It names
 * variables, never a value.
 */
export function resolveUrls(env: Environment = process.env): ResolvedUrls {
  const { url, direct } = findUrls(env);
  if (url === undefined) throw noUrl(direct);
  if (direct !== undefined && isPooler(direct)) {
    throw configError(
      `\`${direct.variable}\` leads to ${poolers[nameOf(direct)].title}, which is not a direct connection.`,
      `set it to the URL that reaches PostgreSQL without the pooler, or leave it out`,
    );
  }
  return {
    url: url.value,
    direct: direct?.value,
    from: { url: url.variable, direct: direct?.variable },
  };
}

/** What {@link resolveUrls} chooses from, where one of them may be enough. */
export function findUrls(env: Environment = process.env): {
  url: Found | undefined;
  direct: Found | undefined;
} {
  const found = urlVariables.flatMap((row) => foundIn(env, row));
  const own = found.filter(({ leads }) => leads === 'either');
  const pooled = found.find(({ leads }) => leads === 'pooled');
  const [first] = own;
  const besides =
    first && isDirect(first) ? own.find((other) => isPooler(other) && isSameProvider(other, first)) : first;
  const url = pooled ?? besides ?? first;
  const direct =
    found.find(({ leads }) => leads === 'direct') ?? own.find((other) => url && isDirectBeside(other, url));
  return { url, direct };
}

/** Both providers that have a variable for their pooler document the others as leading to PostgreSQL itself. */
function isDirectBeside(other: Found, url: Found): boolean {
  if (!isSameProvider(other, url)) return false;
  if (isDirect(other)) return true;
  const isElsewhere = addressOf(other) !== undefined && addressOf(other) !== addressOf(url);
  return url.leads === 'pooled' && isElsewhere && nameOf(other) === 'unknown';
}

function foundIn(env: Environment, row: UrlVariable): Found[] {
  const value = env[row.variable];
  return value ? [{ ...row, value, target: targetOf(value) }] : [];
}

/** What is wrong with a URL, whoever connects with it says. */
function targetOf(url: string): Target | undefined {
  try {
    return parseTarget(url);
  } catch {
    return undefined;
  }
}

const nameOf = ({ target }: Found) => (target === undefined ? 'unknown' : recognise(target));
const addressOf = ({ target }: Found) => target && `${target.host}:${target.port}`;
const isDirect = (found: Found) => nameOf(found) === 'direct';

function isPooler(found: Found): boolean {
  const { name, session } = poolers[nameOf(found)];
  return name !== 'unknown' && session.value !== 'kept';
}

function isSameProvider(one: Found, other: Found): boolean {
  const [first, second] = [one, other].map(({ target }) => target && providerOf(target));
  return first === second;
}

function noUrl(direct: Found | undefined): Error {
  const names = urlVariables.flatMap(({ variable, leads }) =>
    leads === 'direct' ? [] : [`\`${variable}\``],
  );
  const only = direct === undefined ? '' : `, only \`${direct.variable}\``;
  return configError(
    `The environment has no connection URL: none of ${names.join(', ')} is set${only}.`,
    'set `DATABASE_URL`',
  );
}
