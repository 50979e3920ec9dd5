import { PrismaPg, settingsExtension, withSettings } from '@poolsafe/prisma';
import { client, type PrismaClient, type Queries, tables } from './generated.ts';

export const tenants = 50;

const tenant = `nullif(current_setting('app.tenant_id', true), '')::int`;

/** An author for each tenant, with a book, who see nobody else's. */
export const setup: readonly string[] = [
  tables,
  `insert into "Author" (name) select 'of ' || n from generate_series(1, ${tenants}) n`,
  `insert into "Book" (title, "authorId") select 'of ' || n, n from generate_series(1, ${tenants}) n`,
  ...['Author', 'Book'].flatMap((table) => [
    `alter table "${table}" enable row level security`,
    `alter table "${table}" force row level security`,
  ]),
  `create policy own on "Author" using (id = ${tenant})`,
  `create policy own on "Book" using ("authorId" = ${tenant})`,
];

export const as = <T>(tenant: number, work: () => T): Promise<Awaited<T>> =>
  withSettings({ 'app.tenant_id': tenant }, work);

/** A client with the extension, and the one that was extended. */
export interface Opened extends AsyncDisposable {
  readonly db: PrismaClient;
  readonly bare: PrismaClient;
}

export function opened(url: string, max = 3, extension: object = settingsExtension): Opened {
  const bare = new client.PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max }),
    // Prisma's own limits are 2 and 5 seconds.
    transactionOptions: { maxWait: 20_000, timeout: 20_000 },
    errorFormat: 'minimal',
    log: [{ emit: 'event', level: 'query' }],
  });
  return { db: bare.$extends(extension), bare, [Symbol.asyncDispose]: () => bare.$disconnect() };
}

/** The code of the error, or `fine`. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fine',
    ({ code, message, meta }) =>
      meta?.driverAdapterError?.cause?.originalCode ?? meta?.code ?? code ?? message,
  );

export const refused = 'POOLSAFE_SETTINGS';

/** The row of the first tenant. */
export const mine: object = { id: 1, name: 'of 1' };

export const find = (db: Queries, id = 1): Promise<unknown> => db.author.findUnique({ where: { id } });
