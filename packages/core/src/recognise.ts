import type { PoolerName } from './poolers.ts';
import type { Target } from './target.ts';

/** How a hosting provider names what is behind a host and port. First match wins. */
interface Endpoint {
  readonly host: RegExp;
  /** Any port where it is left out. */
  readonly port?: number;
  readonly pooler: PoolerName;
  readonly source: string;
}

const supabase = 'Supabase documentation, "Connect to your database"';
const neon = 'Neon documentation, "Connection pooling"';
const prisma = 'Prisma documentation, "Connection pooling" of Prisma Postgres';

/**
 * Host names and ports that say what is on the other side. A host that no row names is `unknown`, which is
 * treated as strictly as the least capable pooler.
 */
export const endpoints: readonly Endpoint[] = [
  { host: /\.pooler\.supabase\.com$/, port: 6543, pooler: 'supavisor', source: supabase },
  { host: /\.pooler\.supabase\.com$/, port: 5432, pooler: 'session', source: supabase },
  { host: /^db\..+\.supabase\.co$/, port: 6543, pooler: 'pgbouncer', source: supabase },
  { host: /^db\..+\.supabase\.co$/, port: 5432, pooler: 'direct', source: supabase },
  { host: /-pooler\.(.+\.)?neon\.tech$/, pooler: 'neon', source: neon },
  { host: /\.neon\.tech$/, pooler: 'direct', source: neon },
  { host: /^pooled\.db\.prisma\.io$/, pooler: 'pgbouncer', source: prisma },
  { host: /^db\.prisma\.io$/, pooler: 'direct', source: prisma },
  { host: /\.proxy-.+\.rds\.amazonaws\.com$/, pooler: 'rds-proxy', source: 'RDS Proxy documentation' },
  { host: /\.hyperdrive\.local$/, pooler: 'hyperdrive', source: 'Hyperdrive documentation' },
  { host: /\.ondigitalocean\.com$/, port: 25061, pooler: 'pgbouncer', source: 'DigitalOcean documentation' },
  { host: /\.ondigitalocean\.com$/, port: 25060, pooler: 'direct', source: 'DigitalOcean documentation' },
  {
    host: /\.postgres\.database\.azure\.com$/,
    port: 6432,
    pooler: 'pgbouncer',
    source: 'Azure documentation',
  },
  { host: /\.postgres\.database\.azure\.com$/, port: 5432, pooler: 'direct', source: 'Azure documentation' },
  { host: /./, port: 6432, pooler: 'pgbouncer', source: "PgBouncer's default port" },
];

/** What the host name and port alone say is on the other side. */
export function recognise(target: Target): PoolerName {
  const host = target.host.toLowerCase();
  const match = endpoints.find((row) => row.host.test(host) && (row.port ?? target.port) === target.port);
  return match?.pooler ?? 'unknown';
}
