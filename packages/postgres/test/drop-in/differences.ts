import type { Fate } from './original.ts';

/** Where the drop-in is meant to do otherwise than the original. */
export interface Difference {
  /** Why. */
  readonly reason: string;
  /** What it gives. */
  readonly instead: unknown;
  /** The original does not come to an end. */
  readonly original?: Exclude<Fate, 'done'>;
  /** What it gives where it was told that there is no pooler; `same` as the original. Left out: as everywhere. */
  readonly direct?: unknown;
}

const alive = [{ alive: 42 }];
const then = (...seen: unknown[]) => [seen.length === 1 ? seen[0] : seen, alive];

const closedCopy = 'the original never tells the stream that the server refused a row, and waits for ever';
const released = 'the original runs it on a connection that belongs to somebody else by then';
const unnamed = 'a name would be lost, or mean another statement, on another server connection';
const onPool =
  'refused before it is sent, with advice; the original sends it, and leaves the transaction open';

/** By the title of the step. Everything else is the same. */
export const differences: Readonly<Record<string, Difference>> = {
  'names | of statements': { reason: unnamed, instead: then(false, 0, false), direct: 'same' },
  'names | with unsafe and prepare: true': { reason: unnamed, instead: then(false), direct: 'same' },
  'BEGIN | as a query': {
    reason: onPool,
    instead: then('POOLSAFE_TRANSACTION_ON_POOL', 4),
    direct: then('UNSAFE_TRANSACTION', 4),
  },
  'BEGIN | as unsafe': {
    reason: onPool,
    instead: then('POOLSAFE_TRANSACTION_ON_POOL', 4),
    direct: then('UNSAFE_TRANSACTION', 4),
  },
  'BEGIN on one connection | as queries': {
    reason: 'nothing keeps other queries of the application out of the transaction',
    instead: then('POOLSAFE_TRANSACTION_ON_POOL'),
    direct: 'same',
  },
  'a reserved connection | released with a transaction open': {
    reason: 'the original gives the open transaction to whoever gets the connection next',
    instead: then(0, 0),
  },
  'a reserved connection | released twice': {
    reason: 'the original gives one connection to two',
    instead: then(0),
  },
  'a reserved connection | used after it was released': {
    reason: released,
    instead: then('CONNECTION_RELEASED'),
  },
  'a transaction | used after its end': { reason: released, instead: then('CONNECTION_RELEASED') },
  'a transaction | used after its end, in the transaction of another': {
    reason: released,
    instead: then('CONNECTION_RELEASED', 0),
  },
  'a transaction | notify, rolled back': {
    reason: 'the original notifies outside of the transaction, although it is its function',
    instead: then([]),
  },
  'savepoint | with quotes and dots in its name': {
    reason: 'the original takes the dot for the end of the name, which is a syntax error',
    instead: then('none'),
  },
  'in the middle of a COPY | a query of a pool of one': {
    reason: 'it waits for its turn; the original fails it with COPY_IN_PROGRESS',
    instead: then(1),
  },
  'in the middle of a COPY | left early': {
    reason: 'what is left is not read; the connection of the original is of no use from then on',
    instead: 'none',
  },
  'COPY from | a row that is wrong': { reason: closedCopy, original: 'hangs', instead: then('22P02') },
  'COPY from | a row that is there already': {
    reason: closedCopy,
    original: 'hangs',
    instead: then('23505'),
  },
  'COPY from | a row that is wrong, in a transaction': {
    reason: closedCopy,
    original: 'hangs',
    instead: then('22P02'),
  },
  'a connection lost in a transaction | and another query': {
    reason: 'the original gives the next query of the pool the rows of a query of its own',
    instead: ['CONNECTION_CLOSED', [{ a: 3 }]],
  },
  'a connection lost in a transaction | in reserve, and another query': {
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
