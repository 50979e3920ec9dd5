import { once } from 'node:events';
import net from 'node:net';
import postgres, { type Options, type PoolsafeOptions } from '@poolsafe/postgres';
import type { Route } from '../../pg/test/database.ts';

type Sql = ReturnType<typeof postgres>;

export interface Watched extends AsyncDisposable {
  readonly sql: Sql;
  /** Letters of the messages that its connections sent after the login, a word for each flight. */
  sent(): string;
  /** All texts that were parsed. */
  texts(): string[];
}

/** What is sent in place of a flight. */
type Rewrite = (flight: Buffer) => Buffer;

/** A client with one connection, and what that sends. */
export function open(
  route: Route,
  poolsafe: PoolsafeOptions = {},
  options: Options<Record<never, never>> = {},
  rewrite: Rewrite = (flight) => flight,
): Watched {
  const flights: Buffer[] = [];
  const { hostname, port } = new URL(route.url);
  const sql = postgres(route.url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    ...options,
    socket: () => connect({ host: hostname, port: Number(port) }, flights, rewrite),
    poolsafe: { ...route.poolsafe, ...poolsafe },
  } as Options<Record<never, never>>);
  const all = () => flights.splice(0).map(messagesOf);
  return {
    sql,
    sent: () =>
      all()
        .map((messages) => messages.map((message) => String.fromCharCode(message[0] as number)).join(''))
        .filter((letters) => !/^(?:p|X)?$/.test(letters))
        .join(' '),
    texts: () =>
      all()
        .flat()
        .filter((message) => message[0] === 0x50)
        .map((message) => message.toString('utf8', 5).split('\0')[1] as string),
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

async function connect(
  address: { host: string; port: number },
  flights: Buffer[],
  rewrite: Rewrite,
): Promise<net.Socket> {
  const socket = net.connect(address);
  await once(socket, 'connect');
  const { write } = socket;
  socket.write = (data: Uint8Array, ...rest: unknown[]) => {
    flights.push(Buffer.from(data));
    return (write as (...given: unknown[]) => boolean).call(socket, rewrite(Buffer.from(data)), ...rest);
  };
  return socket;
}

/** The login, which has no letter, comes to nothing. */
function messagesOf(data: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < data.length && data[at] !== 0; ) {
    const end = at + 1 + data.readUInt32BE(at + 1);
    messages.push(data.subarray(at, end));
    at = end;
  }
  return messages;
}
