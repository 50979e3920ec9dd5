import { parseTarget, readProbe, recognise, type Target, urlOptions } from '@poolsafe/core';
import { type ConsoleFacts, type ConsoleName, readConsole } from './console.ts';
import { CannotRun, type Examination, type Note, withDeadline } from './examination.ts';
import { failureOf } from './failures.ts';
import { judgeEncryption, judgeMode } from './judgements.ts';
import { logIn, type Opened } from './login.ts';
import { examineAddresses, examineTls } from './network.ts';
import { examinePooling, type Mode } from './pooling.ts';
import { modeOf, productOf } from './product.ts';
import { examineLeftovers, examineRole, examineRoundTrip, type Identity } from './role.ts';
import type { RoundTrip, ServerFacts } from './server-facts.ts';
import { type Login, openSession, type Session } from './session.ts';
import { examineStartup, type StartupFact } from './startup-logins.ts';

/** What was found out about a server, and which one it is. */
export interface Examined {
  readonly facts: ServerFacts;
  readonly identity: Identity | undefined;
}

type Facts = { -readonly [Key in keyof ServerFacts]: ServerFacts[Key] };

/** What the checks have in common; they write what they find into `facts`. */
interface Subject {
  readonly target: Target;
  readonly facts: Facts;
  readonly examination: Examination;
}

/** Checks that need a login, in the order in which they do not disturb each other. */
const afterLogin = [
  'encryption',
  'round trip',
  'statements',
  'pooling',
  'role and limits',
  'left behind',
  'startup parameters',
  'console',
  'what it keeps',
];

/** Looks at what is on the other side of a URL. Sends nothing that changes anything. */
export async function examineServer(url: string, examination: Examination): Promise<Examined | undefined> {
  const skip = (names: readonly string[], why: string) => {
    for (const name of names) examination.skip(name, why);
  };
  const read = await examination.check('url', async (note) => readUrl(url, note));
  if (read === undefined) {
    skip(['addresses', 'tls', 'login', ...afterLogin], 'the URL cannot be used');
    return undefined;
  }
  const { target, login } = read;
  const { host, port, database, user } = target;
  const facts: Facts = {
    host,
    port,
    ...(database !== undefined && { database }),
    ...(user !== undefined && { user }),
  };
  const subject: Subject = { target, facts, examination };
  if (!(await examineNetwork(subject))) {
    skip(['login', ...afterLogin], 'nothing answers');
    return { facts, identity: undefined };
  }
  const opened = await examination.check('login', (note, signal) => logIn(login, note, signal));
  if (opened === undefined) {
    skip(afterLogin, 'there is no login');
    return { facts, identity: undefined };
  }
  try {
    return { facts, identity: await examineInside(opened, subject) };
  } finally {
    await opened.session.close();
  }
}

function readUrl(url: string, note: Note): { readonly target: Target; readonly login: Login } {
  try {
    const { host, ...target } = parseTarget(url);
    // As pg takes it, too.
    return { target: { ...target, host: host.replace(/^\[|\]$/g, '') }, login: urlOptions(url) };
  } catch (error) {
    const [evidence = ''] = (error as Error).message.split('\n');
    note('DOCTOR_URL', { evidence });
    throw error;
  }
}

async function examineNetwork({ target, facts, examination }: Subject): Promise<boolean> {
  if (target.host.startsWith('/')) {
    for (const name of ['addresses', 'tls']) examination.skip(name, 'a unix socket has none');
    return true;
  }
  const addresses = await examination.check('addresses', (note) =>
    examineAddresses(target, examination.deadline, note),
  );
  if (addresses === undefined) {
    examination.skip('tls', 'nothing answers');
    return false;
  }
  facts.addresses = addresses;
  const tls = await examination.check('tls', (_, signal) => examineTls(target, signal));
  if (tls !== undefined) facts.tls = tls;
  return true;
}

async function examineInside(opened: Opened, subject: Subject): Promise<Identity | undefined> {
  const { session, login } = opened;
  const { facts, examination } = subject;
  facts.postgres = session.parameters.server_version?.split(' ')[0] ?? 'of unknown version';
  facts.tls = { offered: false, ...facts.tls, ...(session.tls !== undefined && { used: session.tls }) };
  await examination.check('encryption', async (note) => judgeEncryption(facts, note));
  const roundTrip = await examination.check('round trip', (note, signal) =>
    examineFirstWork(session.until(signal), note, signal),
  );
  if (roundTrip !== undefined) facts.roundTrip = roundTrip;
  const probe = await examination.check('statements', (_, signal) => session.until(signal).probe());
  const pooling = await examination.check('pooling', async (_, signal) =>
    examinePooling(session.until(signal), () => openSession(login, signal)),
  );
  const inside = await examination.check('role and limits', (note, signal) =>
    examineRole(session.until(signal), note),
  );
  if (inside !== undefined) Object.assign(facts, inside.facts);
  const statement = probe?.row?.name;
  await examineAround(opened, pooling?.mode, statement, subject);
  if (pooling === undefined) {
    examination.skip('what it keeps', 'the mode is not known');
    return inside?.identity;
  }
  const { startup, console } = facts;
  const { parameters } = session;
  const recognised = recognise(subject.target);
  const mode = modeOf(pooling.mode, { recognised, parameters, console });
  facts.mode = mode;
  facts.multiplexing = pooling.shared || pooling.moved;
  facts.product = productOf({ mode, recognised, parameters, statement, startup, console });
  if (probe !== undefined) {
    const { statements } = readProbe(probe.row, { name: probe.name, pid: session.pid });
    facts.statements = mode === 'session' ? 'kept' : statements;
  }
  await examination.check('what it keeps', async (note) => judgeMode(facts, { ...pooling, mode }, note));
  return inside?.identity;
}

/** A pooler may take a login, and have nothing to do its work with. */
async function examineFirstWork(session: Session, note: Note, signal: AbortSignal): Promise<RoundTrip> {
  try {
    return await examineRoundTrip(session);
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    const silence = 'logged in; select 1 got no answer';
    if (signal.aborted) note('DOCTOR_NO_SERVER', { evidence: silence });
    else note(failureOf({ message, code }), { evidence: `logged in; select 1: ${message}` });
    throw error;
  }
}

/** PgBouncer 1.18 never answers a user of its console whose password it would have to ask PostgreSQL for. */
const CONSOLE = 1_500;

/** What is of interest behind a pooler only, or can be asked while the session is idle. */
async function examineAround(
  { session, login }: Opened,
  mode: Mode | undefined,
  statement: string | null | undefined,
  { target, facts, examination }: Subject,
): Promise<void> {
  if (mode === 'transaction' || mode === 'statement') {
    await examination.check('left behind', (note, signal) =>
      examineLeftovers(session.until(signal), namesOf(target), note),
    );
  } else if (mode === undefined) examination.skip('left behind', 'the mode is not known');
  const startup = await examination.check('startup parameters', (_, signal) => examineStartup(login, signal));
  if (startup !== undefined) facts.startup = startup;
  if (mode === 'direct') return;
  const consoles = consolesOf(statement, startup);
  const answer = await examination.check(
    'console',
    async (_, signal) => consoleOf(login, target, consoles, signal),
    CONSOLE,
  );
  if (answer !== undefined) facts.console = answer;
}

/** The settings that the URL itself has. */
function namesOf({ parameters }: Target): readonly string[] {
  const inOptions = [...(parameters.options ?? '').matchAll(/(\w+)=/g)].map(([, name = '']) => name);
  return [...Object.keys(parameters), ...inOptions].map((name) => name.toLowerCase());
}

/** A pooler asks PostgreSQL for a database that it does not know, which then logs the failure. */
function consolesOf(
  statement: string | null | undefined,
  startup: readonly StartupFact[] = [],
): readonly ConsoleName[] {
  if (statement?.startsWith('odyssey_')) return ['console'];
  const isPgBouncer = startup.some(({ error }) => error?.startsWith('unsupported startup parameter'));
  return isPgBouncer ? ['pgbouncer'] : ['console', 'pgbouncer'];
}

async function consoleOf(
  login: Login,
  target: Target,
  consoles: readonly ConsoleName[],
  signal: AbortSignal,
): Promise<ConsoleFacts> {
  const answer = await readConsole(login, target.database ?? target.user, consoles, signal);
  if (typeof answer === 'string') throw new CannotRun(`not for this user: ${answer}`);
  return answer;
}

/** Which server and database a URL leads to, and whether directly: for the URL beside that of the application. */
export async function identify(
  url: string,
  deadline: number,
): Promise<{ readonly identity: Identity; readonly direct: boolean; readonly evidence: string }> {
  return withDeadline(deadline, async (signal) => {
    const session = await openSession(urlOptions(url), signal);
    try {
      const { identity } = await examineRole(session.until(signal), () => {});
      const { name, row } = await session.probe();
      const { direct } = readProbe(row, { name, pid: session.pid });
      return {
        identity,
        direct,
        evidence: `login said process ${session.pid}, process ${row?.pid} answered`,
      };
    } finally {
      await session.close();
    }
  });
}
