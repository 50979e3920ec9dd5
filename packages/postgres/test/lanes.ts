import postgres, { type Options, type Sql } from '@poolsafe/postgres';
import type { Database } from '../../pg/test/database.ts';

/** A client through a pooler that knows its way around it, and ends with the scope. */
export function laneOf(
  database: Database,
  { poolsafe, ...options }: Options = {},
  pooler = 'latest',
): Sql & AsyncDisposable {
  const sql = postgres(database.through(pooler).url, {
    onnotice: () => {},
    ...options,
    poolsafe: { direct: database.direct.url, ...poolsafe },
  });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

/** What something fails with. */
export const failure = async (work: Promise<unknown>): Promise<Error & { readonly code?: string }> =>
  await work.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error) => error,
  );

/** The options that give the connections of one test a name. */
export const named = (name: string): Options => ({ connection: { application_name: name } });
