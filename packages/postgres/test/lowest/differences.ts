import type { Difference } from '../drop-in/differences.ts';

const empty = 'the original waits for an end that an empty statement does not have';

/** What is otherwise with the lowest version of postgres.js. */
export const lowestDifferences: Readonly<Record<string, Difference | undefined>> = {
  'results | of an empty statement': { reason: empty, original: 'hangs', instead: [[], [], []] },
  'after | an empty statement': { reason: empty, original: 'hangs', instead: [] },
  'after | simple, with a value': {
    reason: 'the original takes the end of its own Sync for the end of the next query',
    original: 'hangs',
    instead: '42P02',
  },
  'unreachable | nobody listens, reserve': {
    reason: 'the original fails where nobody catches',
    original: 'ends the process',
    instead: { how: 'not at all', value: 'ECONNREFUSED' },
  },
  'TLS | without being asked': {
    reason: 'it does not know of `sslnegotiation`, asks for TLS, and waits for an answer',
    original: 'hangs',
    instead: 'The server closed the connection before TLS began.',
  },
  'a reserved connection that is lost | and another query': {
    reason: 'the original waits for an answer on a connection that it no longer has',
    original: 'hangs',
    instead: ['CONNECTION_CLOSED', [{ a: 3 }]],
  },
  'COPY from | a row that is wrong': undefined,
  'COPY from | a row that is there already': undefined,
  'COPY from | a row that is wrong, in a transaction': undefined,
  'in the middle of a COPY | a query of a pool of one': undefined,
};
