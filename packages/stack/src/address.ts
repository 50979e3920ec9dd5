/**
 * Where a server listens and who may log in: plain data, so that it can go to another process as JSON.
 *
 * ```ts
 * import { type Address, startPgBouncer } from '@poolsafe/stack'
 *
 * const address: Address = { host: '127.0.0.1', port: 5432, user: 'postgres', password: 'secret' }
 * await using bouncer = await startPgBouncer({ version: '1.24' }, address)
 * ```
 */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The connection string of `database` at `address`, every part URL-encoded. */
export function addressUrl(address: Address, database: string): string {
  const credentials = [address.user, address.password].filter((part) => part !== '').map(encodeURIComponent);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `postgres://${credentials.join(':')}@${host}:${address.port}/${encodeURIComponent(database)}`;
}
