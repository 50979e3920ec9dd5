import type { App, AppOptions, Row, Runner, Subject } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import { client, type Queries } from './generated.ts';

type Lib = Pick<typeof bare, 'PrismaPg'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ PrismaPg }: Lib, extension?: object) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const names = new Map<string, string>();
    const config = { connectionString: url, max, ...startup, ...(options && { poolsafe: options }) };
    const statementNameGenerator = ({ sql }: { sql: string }) => names.get(sql) ?? '';
    const adapter = new PrismaPg(config, { statementNameGenerator });
    const plain = new client.PrismaClient({
      adapter,
      // Prisma's own limits are 2 and 5 seconds.
      transactionOptions: { maxWait: 20_000, timeout: 20_000 },
      // Without an excerpt of the source file, which takes longer than the query.
      errorFormat: 'minimal',
    });
    const db = extension === undefined ? plain : plain.$extends(extension);
    return {
      ...runnerOf(db, names),
      transaction: (work) => db.$transaction((tx) => work(runnerOf(tx, names))),
      session: () => Promise.reject(new Error('Prisma has no checked-out client.')),
      listen: () => Promise.reject(new Error('Prisma has no LISTEN of its own.')),
      end: () => db.$disconnect(),
    };
  };

function runnerOf(db: Queries, names: Map<string, string>): Runner {
  const query = (text: string, values: readonly unknown[] = []) =>
    db.$queryRawUnsafe<Row[]>(readable(text), ...values).catch(withCause);
  return {
    query,
    named(name, text, values) {
      names.set(text, name);
      return query(text, values);
    },
  };
}

/** Prisma cannot read columns of type `void`. */
function readable(text: string): string {
  return text.replace(/\b(?:pg_sleep|setseed|pg_advisory_(?:xact_)?lock)\([^()]*\)/g, '$&::text');
}

interface Said {
  readonly kind: string;
  readonly originalCode?: string;
  readonly originalMessage?: string;
}

interface PrismaError {
  cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: Said } };
}

/** Prisma keeps what PostgreSQL said under `meta`, where the suite does not look. */
function withCause(error: PrismaError): never {
  const said = error.meta?.driverAdapterError?.cause;
  if (said !== undefined)
    error.cause = { code: said.originalCode, message: said.originalMessage ?? said.kind };
  throw error;
}

export const subject: Subject = {
  name: 'prisma',
  module: import.meta.url,
  supports: {
    named: true,
    session: false,
    listen: false,
    startup: true,
    stream: false,
    cancel: false,
    migrate: false,
    unsendable: () => new Date(Number.NaN),
  },
  bareVerdicts: {
    // The adapter listens to each client that it checks out.
    'idle-timeout': 'ok',
    'restart-idle': 'ok',
    'killed-idle': 'ok',
    'killed-in-transaction': 'ok',
    'killed-in-query': 'ok',
    // It writes dates without an offset, and takes each that it reads for UTC.
    'time-zone': 'wrong answer',
  },
  bare: appOf(bare),
  safe: appOf(poolsafe as unknown as Lib),
};

/** As an application has it that uses `withSettings`. */
export const extended: Subject = {
  ...subject,
  name: 'prisma, extended',
  safe: appOf(poolsafe as unknown as Lib, poolsafe.settingsExtension),
};
