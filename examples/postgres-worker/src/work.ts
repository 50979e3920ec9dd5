import type { Lease } from './lease.ts';
import type { Job } from './queue.ts';

/** Where messages are sent. Without it they are only noted. */
const { DELIVERY_URL } = process.env;

/** What a job does. It runs with the settings of its tenant: no query names the tenant. */
export async function work({ id, payload: { body } }: Job, { lost, complete }: Lease): Promise<void> {
  // In no transaction: while others take their time, no server connection is held.
  if (DELIVERY_URL) {
    const signal = AbortSignal.any([lost, AbortSignal.timeout(60_000)]);
    // A worker may be killed right after this. Whoever receives the message twice knows it by this header.
    const headers = { 'idempotency-key': id, 'content-type': 'text/plain' };
    const response = await fetch(DELIVERY_URL, { method: 'POST', headers, body, signal });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the message was not taken: ${response.status}`);
  }
  await complete(async (sql) => {
    // One after the other for each tenant, so that no number is given twice.
    await sql`select pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant'), 0))`;
    await sql`
      insert into messages (job, number, body) select ${id}::bigint, count(*) + 1, ${body}::text from messages`;
  });
}
