import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the templates are. The build copies them from the examples of the repository. */
export const templatesFolder: string = fileURLToPath(new URL('../templates/', import.meta.url));

/**
 * The names of the templates.
 *
 * ```ts
 * import { templates } from 'create-poolsafe'
 *
 * templates() // ['drizzle-hono', 'kysely-fastify', 'postgres-worker', …]
 * ```
 */
export function templates(): string[] {
  return readdirSync(templatesFolder).sort();
}
