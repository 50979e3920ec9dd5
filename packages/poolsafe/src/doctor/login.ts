import type { Note } from './examination.ts';
import { failureOf, refusedParameter } from './failures.ts';
import { type Login, LoginError, openSession, type Session } from './session.ts';

/** A login that worked, and what it was made with. */
export interface Opened {
  readonly session: Session;
  readonly login: Login;
}

/**
 * Logs in as the URL says; where a parameter of it is refused, once more without its parameters.
 *
 * @throws LoginError after it was noted.
 */
export async function logIn(login: Login, note: Note, signal: AbortSignal): Promise<Opened> {
  try {
    return { session: await openSession(login, signal), login };
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const silence = error.authenticated ? 'DOCTOR_NO_SERVER' : 'DOCTOR_SILENT';
    const code = signal.aborted ? silence : failureOf(error);
    const at = error.authenticated ? 'after the password was taken' : 'at the login';
    const sqlstate = error.code === undefined ? '' : `${error.code} `;
    if (code !== 'POOLSAFE_STARTUP_PARAMETER') {
      note(code, { evidence: `${sqlstate}${error.message}, ${at}` });
      throw error;
    }
    const name = refusedParameter(error.message);
    note(code, {
      evidence: `${error.message}, ${at}`,
      title: `The pooler does not take ${name} from the URL or the environment`,
      fix: `leave ${name} out; withSettings() sets it for a request, ALTER ROLE … SET for all`,
    });
    const rest = withoutParameters(login);
    return { session: await openSession(rest, signal), login: rest };
  }
}

const ofThePlace = ['host', 'port', 'user', 'password', 'database'];

function withoutParameters(login: Login): Login {
  const kept = Object.entries(login).filter(([name]) => ofThePlace.includes(name) || /^ssl/.test(name));
  // Over PGOPTIONS and PGAPPNAME.
  return { ...Object.fromEntries(kept), options: '', application_name: '' };
}
