import type { Fate } from './original.ts';

/** Where the drop-in is meant to do otherwise than the original. */
export interface Difference {
  /** Why. */
  readonly reason: string;
  /** What it gives. */
  readonly instead: unknown;
  /** The original does not come to an end, or fails, or that depends on the time. Left out: it gives something else. */
  readonly original?: Exclude<Fate, 'done'> | 'fails' | 'varies';
  /** What it gives where it was told that there is no pooler; `same` as the original. Left out: as everywhere. */
  readonly direct?: unknown;
}

const closedCopy = 'the original never tells the stream that the server refused a row, and waits for ever';
const released = 'the original runs it on a connection that belongs to somebody else by then';
const holes = 'the original gives the next query an undefined row for each row that came before the error';
const sync = 'the original takes the end of its own Sync for the end of the next query, and gives it no rows';
const unnamed = 'a connection gives names once it has found that they are kept, to what repeats';
const onPool =
  'refused before it is sent, with advice; the original sends it, and leaves the transaction open';

/** By the title of the step. Everything else is the same. */
export const differences: Readonly<Record<string, Difference>> = {
  'names | of statements': { reason: unnamed, instead: [false, 0, false] },
  'names | with unsafe and prepare: true': { reason: unnamed, instead: false },
  'after | an error after some rows': { reason: holes, original: 'fails', instead: '22012' },
  'after | an error after some rows, on a reserved connection': {
    reason: holes,
    instead: ['22012', [{ n: 7 }]],
  },
  'after | a cancel after some rows': { reason: holes, instead: ['57014', [{ n: 7 }]] },
  'after | an error after some rows, readable': { reason: holes, original: 'fails', instead: '22012' },
  'after | a cursor, and an error in the first rows': { reason: holes, original: 'fails', instead: '22012' },
  'after | a cursor whose callback throws': { reason: holes, original: 'fails', instead: 'mine' },
  'after | a cursor whose values cannot be parsed': { reason: sync, original: 'varies', instead: 'mine' },
  'after | a cursor whose values cannot be parsed, with a parameter': {
    reason: sync,
    original: 'varies',
    instead: 'mine',
  },
  'after | a cursor in a loop whose values cannot be parsed': {
    reason: sync,
    original: 'varies',
    instead: 'mine',
  },
  'after | a cursor of no statement': {
    reason: 'the original never asks for its end',
    original: 'hangs',
    instead: 'none',
  },
  'after | a cursor, simple, and an error': { reason: sync, original: 'fails', instead: '22012' },
  'after | describe, simple': { reason: sync, original: 'fails', instead: 'none' },
  'after | simple, with a value': { reason: sync, original: 'varies', instead: '42P02' },
  'after | a notice whose listener throws, cursor': { reason: sync, original: 'varies', instead: 'mine' },
  'listen | a name that is none': {
    reason: 'refused with what is wrong about it',
    instead: 'POOLSAFE_CONFIG',
  },
  'SQL | EXECUTE of what was not prepared': {
    reason: 'refused before it is sent',
    instead: 'POOLSAFE_SQL_PREPARE',
    direct: 'same',
  },
  'BEGIN | as a query': {
    reason: onPool,
    instead: ['POOLSAFE_TRANSACTION_ON_POOL', 4],
    direct: ['UNSAFE_TRANSACTION', 4],
  },
  'BEGIN | as unsafe': {
    reason: onPool,
    instead: ['POOLSAFE_TRANSACTION_ON_POOL', 4],
    direct: ['UNSAFE_TRANSACTION', 4],
  },
  'BEGIN on one connection | as queries': {
    reason: 'nothing keeps other queries of the application out of the transaction',
    instead: 'POOLSAFE_TRANSACTION_ON_POOL',
    direct: 'same',
  },
  'a reserved connection | released with a transaction open': {
    reason: 'the original gives the open transaction to whoever gets the connection next',
    instead: [0, 0],
  },
  'a reserved connection | released twice': {
    reason: 'the original gives one connection to two',
    instead: 0,
  },
  'a reserved connection | used after it was released': {
    reason: released,
    instead: 'CONNECTION_RELEASED',
  },
  'a transaction | used after its end': { reason: released, instead: 'CONNECTION_RELEASED' },
  'a transaction | used after its end, in the transaction of another': {
    reason: released,
    instead: ['CONNECTION_RELEASED', 0],
  },
  'a transaction | notify, rolled back': {
    reason: 'the original notifies outside of the transaction, although it is its function',
    instead: [],
  },
  'savepoint | with quotes and dots in its name': {
    reason: 'the original takes the dot for the end of the name, which is a syntax error',
    instead: 'none',
  },
  'in the middle of a COPY | that was not asked for a stream': {
    reason: 'the original never tells the server where the rows end',
    original: 'hangs',
    instead: ['COPY_WITHOUT_STREAM', 'COPY_WITHOUT_STREAM', [{ a: 1 }]],
  },
  'COPY to | much of it': {
    reason: 'where the last rows come at once, the original reads no more from its socket',
    original: 'varies',
    instead: 5_005_000,
  },
  'COPY to | read slowly, whatever its size': {
    reason: 'where the last rows come at once, the original reads no more from its socket',
    original: 'hangs',
    instead: [20_020, 70_070, 100_100, 300_300],
  },
  'COPY from | a row that is wrong': { reason: closedCopy, original: 'hangs', instead: '22P02' },
  'COPY from | a row that is there already': {
    reason: closedCopy,
    original: 'hangs',
    instead: '23505',
  },
  'COPY from | a row that is wrong, in a transaction': {
    reason: closedCopy,
    original: 'hangs',
    instead: '22P02',
  },
  'a reserved connection that is lost | and another query': {
    reason: 'the original writes to a socket that it no longer has',
    original: 'ends the process',
    instead: ['CONNECTION_CLOSED', [{ a: 3 }]],
  },
  'address | several hosts, none of which is open': {
    reason: 'the original tries the first two in turn, for ever',
    original: 'hangs',
    instead: 'ECONNREFUSED',
  },
  'TLS | require, where there is none': {
    reason:
      'the original begins with TLS although the server said no, and gives the error of a broken connection',
    instead: 'The server at address does not support TLS, and `ssl` asks for it.',
  },
  'TLS | a server that goes away': {
    reason: 'the original waits for an answer',
    original: 'hangs',
    instead: 'The server closed the connection before TLS began.',
  },
  'TLS | a server that says more than it may': {
    reason: 'what comes before TLS may be from anybody; the original drops it',
    instead: 'The server sent unencrypted data before TLS began.',
  },
  'end | while a connection is reserved': {
    reason: 'the original does not see that the connection comes back',
    original: 'hangs',
    instead: [{ a: 1 }],
  },
  'end | and then reserve': {
    reason: 'the original gives a connection that is closed',
    instead: 'CONNECTION_ENDED',
  },
};
