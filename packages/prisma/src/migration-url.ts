import { configError, parseTarget, planFor } from '@poolsafe/core';
import { findUrls } from '@poolsafe/core/urls';
import { queryOf } from './url-query.ts';

/** What {@link migrationUrl} chooses from. */
export interface MigrationUrls {
  /** What the application connects to. */
  url?: string | undefined;
  /** URL that reaches PostgreSQL without the pooler. */
  direct?: string | undefined;
}

/**
 * The URL for migrations, which need a session: the direct one, or the only one where no pooler is known to be
 * behind it. Without an argument they are found in the environment, under the names that `resolveUrls` knows.
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
 * Prisma reads that file for each of its commands. For one that connects to nothing, as `prisma generate`, it is an
 * empty string instead of an error.
 *
 * @throws ConfigError when there is no URL, or the one there is leads to a pooler that keeps no session
 */
export function migrationUrl(urls?: MigrationUrls): string {
  try {
    return chosen(urls ?? fromEnvironment());
  } catch (error) {
    if (isForNothing(process.argv)) return '';
    throw error;
  }
}

function chosen({ url, direct }: MigrationUrls): string {
  if (direct) {
    // Refuses a `direct` that leads to a pooler.
    planFor({ ...parseTarget(direct), parameters: {} }, { direct });
    return direct;
  }
  if (!url) throw configError('There is no URL for migrations.', 'set DIRECT_URL');
  const { pooler, recognisedBy } = planFor({ ...parseTarget(url), parameters: {} });
  const pooled = recognisedBy === 'host' && pooler.session.value !== 'kept';
  if (pooled || queryOf(url).get('pgbouncer') === 'true') {
    throw configError(
      `Migrations need a session, and the only URL leads to ${pooled ? pooler.title : 'a pooler (`pgbouncer=true`)'}.`,
      `set DIRECT_URL to the URL that reaches PostgreSQL itself; hosting providers call it direct, non-pooling or unpooled`,
    );
  }
  return url;
}

function fromEnvironment(): MigrationUrls {
  const { url, direct } = findUrls();
  return { url: url?.value, direct: direct?.value };
}

/** Whether this is the command line of Prisma, with a command that connects to nothing. */
function isForNothing([, script = '', ...args]: readonly string[]): boolean {
  if (!/[\\/]prisma([\\/]build[\\/]index\.js)?$/.test(script)) return false;
  return !['migrate', 'db', 'studio'].some((command) => args.includes(command));
}
