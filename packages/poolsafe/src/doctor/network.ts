import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CannotRun, type Note } from './examination.ts';

/** An address of the host, and whether something listens there. */
export interface AddressFacts {
  readonly address: string;
  readonly family: 4 | 6;
  readonly reachable: boolean;
  /** Milliseconds until the connection stood. */
  readonly ms?: number;
  /** The code of Node or of the operating system, such as ECONNREFUSED. */
  readonly error?: string;
}

/** What the server answers to the question for TLS. */
export interface TlsFacts {
  readonly offered: boolean;
  readonly protocol?: string;
  /** Whether the certificate is of an authority that Node trusts, and for this host. */
  readonly trusted?: boolean;
  /** Why it is not. */
  readonly reason?: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Looks the host up in both families and connects to each address. */
export async function examineAddresses(
  place: Place,
  ms: number,
  note: Note,
): Promise<readonly AddressFacts[]> {
  const { host, port } = place;
  const found = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
    note('DOCTOR_HOST', { evidence: `looked up ${host}: ${error.code}` });
    throw new CannotRun(`${host} is unknown`);
  });
  // In time for what is said about it.
  const facts = await Promise.all(
    found.map(async ({ address, family }) => ({
      address,
      family: family === 6 ? (6 as const) : (4 as const),
      ...(await reach(address, port, ms * 0.8)),
    })),
  );
  judge(place, facts, note);
  return facts;
}

function judge({ host, port }: Place, facts: readonly AddressFacts[], note: Note): void {
  const bad = facts.filter(({ reachable }) => !reachable);
  const evidence = bad.map(({ address, error }) => `${address} port ${port}: ${error}`).join('; ');
  if (bad.length === 0) return;
  if (bad.length < facts.length) {
    note('DOCTOR_IPV6_BROKEN', { evidence });
    return;
  }
  const said = isIP(host) === 0 ? `${host} is ${evidence}` : evidence;
  const isRefused = bad.some(({ error }) => error === 'ECONNREFUSED');
  const isSix = bad.every(({ family }) => family === 6);
  if (isRefused) note('DOCTOR_REFUSED', { evidence: said });
  else note(isSix ? 'DOCTOR_IPV6' : 'DOCTOR_UNREACHABLE', { evidence: said });
  throw new CannotRun('nothing answers');
}

type Reached = Pick<AddressFacts, 'reachable' | 'ms' | 'error'>;

function reach(host: string, port: number, ms: number): Promise<Reached> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (reached: Reached) => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(ms, () => done({ reachable: false, error: 'ETIMEDOUT' }));
    socket.on('connect', () => done({ reachable: true, ms: Math.round(performance.now() - start) }));
    socket.on('error', ({ code = 'failed' }: NodeJS.ErrnoException) =>
      done({ reachable: false, error: code }),
    );
  });
}

/** Asks for TLS as drivers do (SSLRequest), and where there is some, looks at the certificate. Sends nothing else. */
export async function examineTls({ host, port }: Place, signal: AbortSignal): Promise<TlsFacts> {
  const socket = connect({ host, port, signal });
  try {
    const answer = await firstByte(socket);
    if (answer === 'N') return { offered: false };
    if (answer !== 'S') throw new CannotRun('the answer is not that of a PostgreSQL server');
    return { offered: true, ...(await handshake(socket, host)) };
  } finally {
    socket.destroy();
  }
}

/** Int32 length, Int32 code: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

function firstByte(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new CannotRun('the connection was closed at the question for TLS')));
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (data) => resolve(data.toString('latin1').charAt(0)));
  });
}

function handshake(socket: Socket, host: string): Promise<Omit<TlsFacts, 'offered'>> {
  return new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // Looks at the certificate whatever it is; no secret is sent here.
    const tls = connectTls({
      socket,
      host,
      ...servername,
      rejectUnauthorized: false,
      ALPNProtocols: ['postgresql'],
    });
    tls.on('error', reject);
    tls.on('secureConnect', () => {
      const protocol = tls.getProtocol() ?? 'TLS';
      // Node's types say Error; it is a code.
      const reason = tls.authorizationError as unknown as string | undefined;
      tls.destroy();
      resolve(
        tls.authorized ? { protocol, trusted: true } : { protocol, trusted: false, reason: String(reason) },
      );
    });
  });
}
