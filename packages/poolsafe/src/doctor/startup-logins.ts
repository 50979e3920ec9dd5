import { CannotRun } from './examination.ts';
import { type Login, LoginError, openSession } from './session.ts';

/** What a login with one startup parameter more came to. */
export interface StartupFact {
  /** As it was sent, such as `options=-c search_path`. The value is one that changes nothing. */
  readonly parameter: string;
  readonly taken: boolean;
  /** The words of the refusal. */
  readonly error?: string;
}

/**
 * What applications send at the login, each with the value that PostgreSQL has by itself. A login that runs nothing gets
 * no server connection, or leaves it as it was.
 */
const candidates: readonly { readonly parameter: string; readonly login: Login }[] = [
  { parameter: 'statement_timeout', login: { statement_timeout: '0' } },
  { parameter: 'options=-c statement_timeout', login: { options: '-c statement_timeout=0' } },
  { parameter: 'options=-c search_path', login: { options: '-c search_path=public' } },
  { parameter: 'options=-c TimeZone', login: { options: '-c TimeZone=UTC' } },
  { parameter: 'application_name', login: { application_name: 'poolsafe-doctor' } },
];

/** Logs in once for each parameter, all at once, and runs nothing. */
export async function examineStartup(login: Login, signal: AbortSignal): Promise<readonly StartupFact[]> {
  const facts = await Promise.all(candidates.map((row) => tryLogin(row.parameter, login, row.login, signal)));
  const other = facts.find(({ taken, error }) => !taken && !/startup parameter|parameter/i.test(error ?? ''));
  // Not for its parameter: who else logs in may take the last place.
  if (other !== undefined) throw new CannotRun(`a login with ${other.parameter}: ${other.error}`);
  return facts;
}

async function tryLogin(
  parameter: string,
  login: Login,
  more: Login,
  signal: AbortSignal,
): Promise<StartupFact> {
  try {
    const session = await openSession({ ...login, ...more }, signal);
    await session.close();
    return { parameter, taken: true };
  } catch (error) {
    if (!(error instanceof LoginError) || signal.aborted) throw error;
    return { parameter, taken: false, error: error.message };
  }
}
