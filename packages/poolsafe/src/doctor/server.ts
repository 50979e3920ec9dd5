import { isIP } from 'node:net';
import { parseTarget, poolers, readProbe, recognise, type Target, urlOptions } from '@poolsafe/core';
import { type ConsoleFacts, readConsole } from './console.ts';
import { type Examination, type Note, withDeadline } from './examination.ts';
import { failureOf, refusedParameter } from './failures.ts';
import { examineAddresses, examineTls } from './network.ts';
import { examinePooling, type Mode, type PoolingFacts } from './pooling.ts';
import { productOf } from './product.ts';
import { examineLeftovers, examineRole, examineRoundTrip, type Identity } from './role.ts';
import type { ServerFacts } from './server-facts.ts';
import { type Login, LoginError, openSession, type Session } from './session.ts';
import { examineStartup } from './startup-logins.ts';

/** What was found out about a server, and which one it is. */
export interface Examined {
  readonly facts: ServerFacts;
  readonly identity: Identity | undefined;
}

/** Everything that needs a login, in its order; the names of the checks. */
const afterLogin = [
  'round trip',
  'statements',
  'pooling',
  'role and limits',
  'left behind',
  'startup parameters',
  'console',
];

/** Looks at what is on the other side of a URL. Sends nothing that changes anything. */
export async function examineServer(url: string, examination: Examination): Promise<Examined | undefined> {
  const read = await examination.check('url', async (note) => readUrl(url, note));
  if (read === undefined) {
    for (const name of ['addresses', 'tls', 'login', ...afterLogin])
      examination.skip(name, 'the URL cannot be used');
    return undefined;
  }
  const { target } = read;
  const facts: { -readonly [Key in keyof ServerFacts]: ServerFacts[Key] } = {
    host: target.host,
    port: target.port,
    ...(target.database !== undefined && { database: target.database }),
    ...(target.user !== undefined && { user: target.user }),
  };
  if (!(await examineNetwork(target, facts, examination))) {
    for (const name of ['login', ...afterLogin]) examination.skip(name, 'nothing answers');
    return { facts, identity: undefined };
  }
  const opened = await examination.check('login', (note, signal) => logIn(read.login, note, signal));
  if (opened === undefined) {
    for (const name of afterLogin) examination.skip(name, 'there is no login');
    return { facts, identity: undefined };
  }
  try {
    return { facts, identity: await examineInside(opened, target, facts, examination) };
  } finally {
    await opened.session.close();
  }
}

type Facts = { -readonly [Key in keyof ServerFacts]: ServerFacts[Key] };

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

async function examineNetwork(target: Target, facts: Facts, examination: Examination): Promise<boolean> {
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

interface Opened {
  readonly session: Session;
  readonly login: Login;
}

/** Logs in as the URL says; where a parameter of it is refused, once more without its parameters. */
async function logIn(login: Login, note: Note, signal: AbortSignal): Promise<Opened> {
  try {
    return { session: await openSession(login, signal), login };
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const code = signal.aborted ? 'DOCTOR_SILENT' : failureOf(error);
    const at = error.authenticated ? 'after the password was taken' : 'at the login';
    noteFailure(code, error, at, note);
    if (code !== 'POOLSAFE_STARTUP_PARAMETER') throw error;
    const rest = withoutParameters(login);
    return { session: await openSession(rest, signal), login: rest };
  }
}

function noteFailure(code: ReturnType<typeof failureOf>, error: LoginError, at: string, note: Note): void {
  if (code !== 'POOLSAFE_STARTUP_PARAMETER') {
    const sqlstate = error.code === undefined ? '' : `${error.code} `;
    note(code, { evidence: `${sqlstate}${error.message}, ${at}` });
    return;
  }
  const name = refusedParameter(error.message);
  note(code, {
    evidence: `${error.message}, at the login`,
    title: `The pooler does not take ${name} from the URL or the environment`,
    fix: `leave ${name} out; withSettings() sets it for a request, ALTER ROLE … SET for all`,
  });
}

const ofThePlace = ['host', 'port', 'user', 'password', 'database'];

function withoutParameters(login: Login): Login {
  const kept = Object.entries(login).filter(([name]) => ofThePlace.includes(name) || /^ssl/.test(name));
  // Over PGOPTIONS and PGAPPNAME.
  return { ...Object.fromEntries(kept), options: '', application_name: '' };
}

async function examineInside(
  { session, login }: Opened,
  target: Target,
  facts: Facts,
  examination: Examination,
): Promise<Identity | undefined> {
  facts.postgres = session.parameters.server_version?.split(' ')[0] ?? 'of unknown version';
  facts.tls = { offered: false, ...facts.tls, ...(session.tls !== undefined && { used: session.tls }) };
  await examination.check('encryption', async (note) => judgeEncryption(target, facts, note));
  const roundTrip = await examination.check('round trip', (_, signal) =>
    examineRoundTrip(session.until(signal)),
  );
  if (roundTrip !== undefined) facts.roundTrip = roundTrip;
  const probe = await examination.check('statements', (_, signal) => session.until(signal).probe());
  const pooling = await examination.check('pooling', async (_, signal) =>
    examinePooling(session.until(signal), () => openSession(login, signal)),
  );
  const role = await examination.check('role and limits', (note, signal) =>
    examineRole(session.until(signal), note),
  );
  if (role !== undefined) {
    const { identity: _, ...rest } = role;
    Object.assign(facts, rest);
  }
  await examineAround({ session, login }, target, pooling, facts, examination);
  if (pooling !== undefined) {
    const { mode, shared } = pooling;
    facts.mode = mode;
    facts.multiplexing = shared;
    const statement = probe?.row?.name;
    const { parameters } = session;
    const { startup, console } = facts;
    facts.product = productOf({
      mode,
      recognised: recognise(target),
      parameters,
      statement,
      startup,
      console,
    });
    if (probe !== undefined) {
      const { statements } = readProbe(probe.row, { name: probe.name, pid: session.pid });
      facts.statements = mode === 'session' ? 'kept' : statements;
    }
    await examination.check('what it keeps', async (note) => judgeMode(facts, pooling, note));
  }
  return role?.identity;
}

/** What is of interest behind a pooler only, or can be asked while the session is idle. */
async function examineAround(
  { session, login }: Opened,
  target: Target,
  pooling: PoolingFacts | undefined,
  facts: Facts,
  examination: Examination,
): Promise<void> {
  if (pooling?.mode === 'transaction' || pooling?.mode === 'statement') {
    const own = Object.keys(target.parameters).map((name) => name.toLowerCase());
    const options = target.parameters.options ?? '';
    const isOwn = [...own, ...[...options.matchAll(/(\w+)=/g)].map(([, name = '']) => name.toLowerCase())];
    await examination.check('left behind', (note, signal) =>
      examineLeftovers(session.until(signal), isOwn, note),
    );
  }
  const startup = await examination.check('startup parameters', (_, signal) => examineStartup(login, signal));
  if (startup !== undefined) facts.startup = startup;
  if (pooling === undefined || pooling.mode === 'direct') return;
  const answer = await examination.check('console', async (_, signal) => consoleOf(login, target, signal));
  if (answer !== undefined) facts.console = answer;
}

async function consoleOf(login: Login, target: Target, signal: AbortSignal): Promise<ConsoleFacts> {
  const answer = await readConsole(login, target.database ?? target.user, signal);
  if (typeof answer === 'string') throw new Error(`not for this user: ${answer}`);
  return answer;
}

function judgeEncryption({ host }: Target, { tls }: Facts, note: Note): void {
  if (tls?.used !== undefined || host.startsWith('/') || isLocal(host)) return;
  const offers = tls?.offered === true ? 'the server offers TLS' : 'the server offers no TLS';
  const fix =
    tls?.offered === true ? {} : { fix: 'switch TLS on at the server, or keep to a private network' };
  note('DOCTOR_TLS_OFF', {
    evidence: `${host}: ${offers}, and the login with this URL does not use it`,
    ...fix,
  });
}

/** This machine, or a network that is not the public one. */
function isLocal(host: string): boolean {
  if (isIP(host) === 0)
    return host === 'localhost' || !host.includes('.') || /\.(?:local|internal|localdomain|test)$/.test(host);
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:)/i.test(host);
}

const modeWords: Readonly<Record<Mode, string>> = {
  direct: 'a server connection of its own',
  session: 'session mode',
  transaction: 'transaction mode',
  statement: 'statement mode',
};

function judgeMode({ statements, product }: Facts, { mode, full, evidence }: PoolingFacts, note: Note): void {
  if (full) note('DOCTOR_SESSION_FULL', { evidence });
  if (mode === 'statement') note('DOCTOR_STATEMENT_MODE', { evidence });
  if (mode === 'transaction') note('DOCTOR_SESSION_LOST', { evidence: `${modeWords[mode]}: ${evidence}` });
  if ((mode === 'transaction' || mode === 'statement') && statements === 'lost') {
    const who = product === undefined ? 'the pooler' : poolers[product.pooler].title;
    const seen = 'a named statement kept its name on the server connection, which other clients share';
    note('DOCTOR_STATEMENTS_LOST', { evidence: `${who}: ${seen}` });
  }
}

/** Which server and database a URL leads to, and whether directly: for the URL beside that of the application. */
export async function identify(
  url: string,
  deadline: number,
): Promise<{ readonly identity: Identity; readonly direct: boolean; readonly evidence: string }> {
  return withDeadline(deadline, async (signal) => {
    const session = await openSession(urlOptions(url), signal);
    try {
      const { identity } = await examineRole(session, () => {});
      const { name, row } = await session.probe();
      const { direct } = readProbe(row, { name, pid: session.pid });
      const evidence = `login said process ${session.pid}, process ${row?.pid} answered`;
      return { identity, direct, evidence };
    } finally {
      await session.close();
    }
  });
}
