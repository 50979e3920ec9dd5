import { migrate as original } from 'drizzle-orm/postgres-js/migrator';
import { migrateOnce } from './migrate-once.ts';

/**
 * Drop-in for `migrate()` of `drizzle-orm/postgres-js/migrator` that applies each migration once, however many
 * deployments start together: they take turns, and those that wait hold no server connection. All that is
 * pending is one transaction, so that nothing is half applied when one fails.
 *
 * ```ts
 * import { drizzle } from '@poolsafe/drizzle/postgres-js'
 * import { migrate } from '@poolsafe/drizzle/postgres-js/migrator'
 *
 * await migrate(drizzle(process.env.DATABASE_URL!), { migrationsFolder: 'drizzle' })
 * ```
 *
 * There is no time limit on waiting for another deployment; it attempts again every second at most.
 *
 * @throws ConfigError for a database that `drizzle()` of this package did not make, and whatever the migrations
 * fail with
 */
export const migrate: typeof original = migrateOnce(original);
