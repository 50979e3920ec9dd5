import { type Hint, hints } from './hints.ts';
import type { HazardCode } from './refusals.ts';

/** One row of {@link stories}: an error that people meet behind a pooler, and what it means. */
export interface Story extends Hint {
  readonly raisedBy: 'PostgreSQL' | 'PgBouncer' | 'Supavisor' | 'the network';
  /** The hazard behind it, where poolsafe knows one. */
  readonly hazard?: HazardCode;
  /** Whether the same work may be sent again: it did not run, or nothing is known about that. */
  readonly retry: 'it did not run' | 'it may have run' | 'not until it is fixed';
}

/**
 * What people meet behind a pooler, most specific text first, whatever the driver or language: the server's own words
 * stand in the errors of all of them. Source: the error texts of a run, or of public threads for Supavisor and for the
 * drivers of other languages.
 */
export const stories: readonly Story[] = [
  told('pgbouncer-statement-gone', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_DISCARD',
    retry: 'it did not run',
  }),
  told('statement-missing', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  }),
  told('unnamed-statement-missing', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  }),
  told('statement-exists', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  }),
  told('statement-of-another-client', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  }),
  told('statement-name-in-use', {
    raisedBy: 'PgBouncer',
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  }),
  told('statement-deallocated', {
    raisedBy: 'PgBouncer',
    hazard: 'POOLSAFE_DISCARD',
    retry: 'it did not run',
  }),
  told('cached-plan', {
    raisedBy: 'PostgreSQL',
    retry: 'it did not run',
  }),
  told('cursor-gone', {
    raisedBy: 'PostgreSQL',
    hazard: 'POOLSAFE_HOLD_CURSOR',
    retry: 'it did not run',
  }),
  {
    id: 'lock-not-held',
    text: /you don't own a lock of type \w+|Failed to release advisory lock|Cannot run migrations because another migration process is currently running/,
    raisedBy: 'PostgreSQL',
    cause:
      'a session advisory lock stays on the server connection that took it: unlocking on another one does nothing, and the lock stays',
    fix: 'pg_advisory_xact_lock() in a transaction, or a direct connection for what locks (migrations); end the server connection that still holds it',
    hazard: 'POOLSAFE_ADVISORY_LOCK',
    retry: 'it may have run',
  },
  told('several-statements', {
    raisedBy: 'PostgreSQL',
    retry: 'not until it is fixed',
  }),
  told('startup-parameter', {
    raisedBy: 'PgBouncer',
    hazard: 'POOLSAFE_STARTUP_PARAMETER',
    retry: 'not until it is fixed',
  }),
  told('query-wait-timeout', {
    raisedBy: 'PgBouncer',
    retry: 'it did not run',
  }),
  told('max-client-conn', {
    raisedBy: 'PgBouncer',
    retry: 'it did not run',
  }),
  told('idle-client', {
    raisedBy: 'PgBouncer',
    retry: 'it may have run',
  }),
  told('server-crashed', {
    raisedBy: 'PgBouncer',
    retry: 'it may have run',
  }),
  told('no-such-database', {
    raisedBy: 'PgBouncer',
    retry: 'not until it is fixed',
  }),
  told('supavisor-capacity', {
    raisedBy: 'Supavisor',
    retry: 'it did not run',
  }),
  told('supavisor-tenant', {
    raisedBy: 'Supavisor',
    retry: 'not until it is fixed',
  }),
  told('aborted-transaction', {
    raisedBy: 'PostgreSQL',
    retry: 'it did not run',
  }),
  told('too-many-clients', {
    raisedBy: 'PostgreSQL',
    retry: 'it did not run',
  }),
  told('backend-terminated', {
    raisedBy: 'PostgreSQL',
    retry: 'it may have run',
  }),
  {
    id: 'connection-lost',
    text: /server closed the connection unexpectedly|SSL connection has been closed unexpectedly|connection was closed in the middle of operation|An I\/O error occurred while sending to the backend/,
    raisedBy: 'the network',
    cause:
      'the connection ended without a word: the pooler or the server restarted, or something between closed an idle connection',
    fix: 'a new connection; let the pool check or close idle ones before the other side does',
    retry: 'it may have run',
  },
  {
    id: 'ipv6-only',
    text: /ENETUNREACH [0-9a-f]*:[0-9a-f:]+|\b[0-9a-f]{1,4}:[0-9a-f:]+\S*(?:, port \d+ failed:| connect:) [Nn]etwork is unreachable|(?:ENETUNREACH|ENOTFOUND|translate host name|lookup|UnknownHostException:).{1,99}db\.[a-z0-9]+\.supabase\.co/,
    raisedBy: 'the network',
    cause: 'the host has an IPv6 address only, and this machine has none',
    fix: 'the host of the shared pooler, which has IPv4',
    retry: 'it did not run',
  },
  told('tls-chain', {
    raisedBy: 'the network',
    retry: 'it did not run',
  }),
];

/** The rest of what there is to tell about what has a hint. */
function told(id: string, rest: Omit<Story, keyof Hint>): Story {
  return { ...(hints.find((hint) => hint.id === id) as Hint), ...rest };
}
