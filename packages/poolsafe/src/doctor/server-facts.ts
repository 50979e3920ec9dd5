import type { ConsoleFacts } from './console.ts';
import type { AddressFacts, TlsFacts } from './network.ts';
import type { Mode } from './pooling.ts';
import type { Product } from './product.ts';
import type { StartupFact } from './startup-logins.ts';

/**
 * What is on the other side of a URL. What could not be found out is left out; the checks say why.
 *
 * ```ts
 * const { server } = await diagnose({ url })
 * console.log(server?.product?.name, server?.mode, server?.statements)
 * ```
 */
export interface ServerFacts {
  readonly host: string;
  readonly port: number;
  readonly database?: string;
  readonly user?: string;
  readonly product?: Product;
  /** When a client keeps its server connection. */
  readonly mode?: Mode;
  /** What becomes of named prepared statements. */
  readonly statements?: 'kept' | 'lost';
  /** Whether it was seen that clients which were connected at once shared server processes. */
  readonly multiplexing?: boolean;
  /** The version of PostgreSQL. */
  readonly postgres?: string;
  readonly addresses?: readonly AddressFacts[];
  readonly tls?: TlsFacts & {
    /** The version of TLS of the login with this URL; left out where it is not encrypted. */
    readonly used?: string;
  };
  readonly startup?: readonly StartupFact[];
  readonly console?: ConsoleFacts;
  readonly roundTrip?: RoundTrip;
  readonly role?: RoleFacts;
  readonly limits?: LimitFacts;
  /** Settings of the sessions that this URL gets. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Milliseconds of `select 1`, there and back. */
export interface RoundTrip {
  readonly median: number;
  readonly least: number;
  readonly samples: number;
}

/** What the role may that matters to row-level security, and how many connections it may have. */
export interface RoleFacts {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypassRls: boolean;
  readonly replication: boolean;
  /** Tables with row-level security, and those of them that do not hold for this role as their owner. */
  readonly tablesWithRls: number;
  readonly ownedTablesWithRls: number;
  /** Left out where there is none. */
  readonly connectionLimit?: number;
}

/** How many connections PostgreSQL has, and how many of them are in use. */
export interface LimitFacts {
  readonly maxConnections: number;
  readonly reserved: number;
  readonly inUse: number;
  readonly idleInTransaction: number;
  readonly databaseLimit?: number;
}
