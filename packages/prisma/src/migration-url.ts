import { configError, parseTarget, planFor } from '@poolsafe/core';
import { queryOf } from './url-query.ts';

/** What {@link migrationUrl} chooses from. */
export interface MigrationUrls {
  /** What the application connects to. */
  url?: string | undefined;
  /** URL that reaches PostgreSQL without the pooler. */
  direct?: string | undefined;
}

/** The names under which providers and people have these URLs, the first that is set counts. */
const names = {
  direct: ['DIRECT_URL', 'DIRECT_DATABASE_URL', 'POSTGRES_URL_NON_POOLING', 'DATABASE_URL_UNPOOLED'],
  url: ['DATABASE_URL', 'POSTGRES_PRISMA_URL', 'POSTGRES_URL'],
} as const;

/**
 * The URL for migrations, which need a session: the direct one, or the only one where no pooler is known to be
 * behind it. Without an argument from the environment: `DIRECT_URL`, `DIRECT_DATABASE_URL`,
 * `POSTGRES_URL_NON_POOLING` or `DATABASE_URL_UNPOOLED`, then `DATABASE_URL`, `POSTGRES_PRISMA_URL` or
 * `POSTGRES_URL`.
 *
 * ```ts
 * // prisma.config.ts
 * import { migrationUrl } from '@poolsafe/prisma'
 * import { defineConfig } from 'prisma/config'
 *
 * export default defineConfig({
 *   schema: 'prisma/schema.prisma',
 *   datasource: { url: migrationUrl() },
 * })
 * ```
 *
 * @throws ConfigError when there is no URL, or the one there is leads to a pooler that keeps no session
 */
export function migrationUrl({ url, direct }: MigrationUrls = fromEnvironment()): string {
  if (direct) {
    // Refuses a `direct` that leads to a pooler.
    planFor({ ...parseTarget(direct), parameters: {} }, { direct });
    return direct;
  }
  if (!url) throw configError('There is no URL for migrations.', `set ${names.direct[0]}`);
  const { pooler, recognisedBy } = planFor({ ...parseTarget(url), parameters: {} });
  const pooled = recognisedBy === 'host' && pooler.session.value !== 'kept';
  if (pooled || queryOf(url).get('pgbouncer') === 'true') {
    throw configError(
      `Migrations need a session, and the only URL leads to ${pooled ? pooler.title : 'a pooler (`pgbouncer=true`)'}.`,
      `set ${names.direct[0]} to the URL that reaches PostgreSQL itself; hosting providers call it direct, non-pooling or unpooled`,
    );
  }
  return url;
}

function fromEnvironment(): MigrationUrls {
  const first = (of: readonly string[]) => of.map((name) => process.env[name]).find(Boolean);
  return { direct: first(names.direct), url: first(names.url) };
}
