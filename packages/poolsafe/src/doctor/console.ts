import { type Login, LoginError, openSession, type Session, type TextRow } from './session.ts';

/** What a pooler says of itself on its console, which it opens to its administrators only. */
export interface ConsoleFacts {
  /** The answer to SHOW VERSION. */
  readonly version: string;
  /** Settings that matter here, by their names. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A database that stands for a console. */
export type ConsoleName = 'pgbouncer' | 'console';

const ofInterest = [
  'pool_mode',
  'max_prepared_statements',
  'default_pool_size',
  'max_client_conn',
  'query_wait_timeout',
  'server_reset_query_always',
  'ignore_startup_parameters',
  'track_extra_parameters',
];

/** Reads the version and the settings of a pooler. Gives its refusal where this user may not. */
export async function readConsole(
  login: Login,
  database: string | undefined,
  consoles: readonly ConsoleName[],
  signal: AbortSignal,
): Promise<ConsoleFacts | string> {
  let refusal = 'no console';
  for (const name of consoles) {
    const opened = await open({ ...login, database: name }, signal);
    if (typeof opened === 'string') {
      refusal = `${name}: ${opened}`;
      continue;
    }
    try {
      return await read(opened, database);
    } catch (error) {
      refusal = `${name}: ${(error as Error).message}`;
    } finally {
      await opened.close();
    }
  }
  return refusal;
}

async function open(login: Login, signal: AbortSignal): Promise<Session | string> {
  try {
    return await openSession(login, signal);
  } catch (error) {
    if (error instanceof LoginError && !signal.aborted) return error.message;
    throw error;
  }
}

async function read(session: Session, database: string | undefined): Promise<ConsoleFacts> {
  const [version = {}] = await session.query('SHOW VERSION');
  const rows = await session.query('SHOW CONFIG').catch(() => []);
  const settings = Object.fromEntries(
    rows.flatMap(({ key, value }) =>
      typeof key === 'string' && ofInterest.includes(key) ? [[key, value ?? '']] : [],
    ),
  );
  const own = (await session.query('SHOW DATABASES').catch(() => [])).find(({ name }) => name === database);
  return { version: Object.values(version).join(' '), settings: { ...settings, ...ofDatabase(own) } };
}

/** What a database has of its own, over the settings of all. */
function ofDatabase(row: TextRow | undefined): Record<string, string> {
  return {
    ...(row?.pool_mode ? { pool_mode: row.pool_mode } : {}),
    ...(row?.pool_size ? { default_pool_size: row.pool_size } : {}),
  };
}
