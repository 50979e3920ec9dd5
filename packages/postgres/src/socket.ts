import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Options, RawSocket } from './driver.ts';

/** One of the hosts of the options. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Opens a connection to a host as postgres.js would, TLS included, up to where the login begins. With a socket of
 * our own, everything the server says can be read before the driver reads it.
 */
export async function openSocket(options: Options, host: Host, signal: AbortSignal): Promise<RawSocket> {
  const socket = options.socket ? await options.socket(options) : await connect(options, host, signal);
  return options.ssl ? await secure(socket, options, host, signal) : socket;
}

async function connect({ path }: Options, { host, port }: Host, signal: AbortSignal): Promise<net.Socket> {
  const socket = net.connect({ ...(path ? { path } : { host, port }), signal });
  // The driver names them in its errors.
  Object.assign(socket, { host, port });
  await once(socket, 'connect', { signal });
  return socket;
}

async function secure(
  socket: net.Socket,
  options: Options,
  { host, port }: Host,
  signal: AbortSignal,
): Promise<RawSocket> {
  const { ssl, sslnegotiation } = options;
  if (sslnegotiation !== 'direct' && !(await serverTakesTls(socket, signal))) {
    if (ssl === 'prefer') return socket;
    socket.destroy();
    throw new Error(`The server at ${host}:${port} does not support TLS, and \`ssl\` asks for it.`);
  }
  const unverified = ssl === 'require' || ssl === 'allow' || ssl === 'prefer';
  const secured = tls.connect({
    socket,
    ...(net.isIP(host) === 0 && { servername: host }),
    ...(sslnegotiation === 'direct' && { ALPNProtocols: ['postgresql'] }),
    ...(unverified && { rejectUnauthorized: false }),
    ...(typeof ssl === 'object' && ssl),
  });
  Object.assign(secured, { host, port });
  await once(secured, 'secureConnect', { signal });
  return secured;
}

async function serverTakesTls(socket: net.Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(sslRequest);
  const [answer] = (await Promise.race([
    once(socket, 'data', { signal }),
    once(socket, 'close', { signal }).then(() => {
      throw new Error('The server closed the connection before TLS began.');
    }),
  ])) as [Buffer];
  // Anything after the one byte was not sent by the server that TLS will authenticate.
  if (answer.length !== 1) {
    socket.destroy();
    throw new Error('The server sent unencrypted data before TLS began.');
  }
  return answer[0] === 0x53;
}

/**
 * Asks the server to cancel what a connection is running, with the key that it gave to that connection. Resolves
 * when the server has closed the connection that the request came on.
 */
export async function sendCancelRequest(
  options: Options,
  host: Host,
  { pid, secret }: { readonly pid: number | null; readonly secret: number },
): Promise<void> {
  const signal = AbortSignal.timeout((options.connect_timeout || 30) * 1000);
  const socket = await openSocket(options, host, signal);
  const request = Buffer.alloc(16);
  [16, 80877102, pid ?? 0, secret].forEach((value, i) => {
    request.writeUInt32BE(value >>> 0, i * 4);
  });
  const closed = once(socket, 'close', { signal });
  // Left open: PgBouncer 1.18 drops the request when the client has closed its side.
  socket.write(request);
  // A socket of somebody else's need not read by itself.
  socket.on('data', () => {});
  await closed;
}
