import type { Target } from './target.ts';

/** Where a hosting provider shows the URL that reaches PostgreSQL without its pooler. */
export interface Provider {
  readonly name: string;
  /** Its addresses, pooled or not. Left out where they do not tell whose they are. */
  readonly host?: RegExp;
  readonly shownAt: string;
  /** How the direct address differs from the pooled one. */
  readonly differs: string;
  readonly source: string;
}

/** From the documentation of each; none of it was run. */
export const providers: readonly Provider[] = [
  {
    name: 'Supabase',
    host: /\.supabase\.(?:com|co)$/,
    shownAt:
      'dashboard of the project, Connect, "Direct connection"; where there is no IPv6, "Session pooler"',
    differs:
      'host `db.<project>.supabase.co`, port 5432, user `postgres`; the session pooler has the pooled host and user with port 5432 instead of 6543',
    source: 'Supabase documentation, "Connect to your database"',
  },
  {
    name: 'Neon',
    host: /\.neon\.tech$/,
    shownAt: 'console, Connect, with "Connection pooling" off',
    differs: 'the host name has no `-pooler`',
    source: 'Neon documentation, "Connection pooling"',
  },
  {
    name: 'Prisma Postgres',
    host: /(?:^|\.)db\.prisma\.io$/,
    shownAt: 'console, "Connect to your database", the direct connection string',
    differs: 'host `db.prisma.io` instead of `pooled.db.prisma.io`',
    source: 'Prisma documentation, "Connecting to your database"',
  },
  {
    name: 'Vercel',
    shownAt:
      'project, Settings, Environment Variables: `DATABASE_URL_UNPOOLED` or `POSTGRES_URL_NON_POOLING`',
    differs: 'another variable, which the integration of the database sets',
    source: 'Vercel Marketplace, Neon and Supabase',
  },
  {
    name: 'DigitalOcean',
    host: /\.ondigitalocean\.com$/,
    shownAt: 'control panel, the database cluster, "Connection details" of the cluster instead of a pool',
    differs: 'port 25060 instead of 25061, and the name of the database instead of that of the pool',
    source: 'DigitalOcean documentation, "Manage connection pools"',
  },
  {
    name: 'Amazon RDS and Aurora',
    host: /\.rds\.amazonaws\.com$/,
    shownAt: 'RDS console, the instance or cluster, "Connectivity & security", Endpoint',
    differs: 'the endpoint of the instance or cluster, which has no `.proxy-`',
    source: 'Amazon RDS documentation, "RDS Proxy endpoints"',
  },
  {
    name: 'Azure Database for PostgreSQL',
    host: /\.postgres\.database\.azure\.com$/,
    shownAt: 'portal, the server, Connect',
    differs: 'port 5432 instead of 6432 on the same host',
    source: 'Azure documentation, "PgBouncer in Azure Database for PostgreSQL"',
  },
  {
    name: 'Heroku',
    shownAt: 'config var `DATABASE_URL`',
    differs: 'another variable than `DATABASE_CONNECTION_POOL_URL`',
    source: 'Heroku Dev Center, "Server-Side Connection Pooling for Heroku Postgres"',
  },
  {
    name: 'Cloudflare Hyperdrive',
    host: /\.hyperdrive\.local$/,
    shownAt: 'where the database itself is hosted',
    differs: 'the URL that Hyperdrive was configured with',
    source: 'Hyperdrive documentation',
  },
];

/** The provider whose address this is. */
export function providerOf({ host }: Pick<Target, 'host'>): Provider | undefined {
  return providers.find((provider) => provider.host?.test(host.toLowerCase()));
}
