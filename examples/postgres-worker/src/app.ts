import { withSettings } from '@poolsafe/postgres';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { settingsOf, sql } from './db.ts';
import { enqueue } from './queue.ts';

export const app = new Hono();

app.get('/health', async (c) => {
  await withSettings({ statement_timeout: '1s' }, () => sql`select 1`);
  return c.json({ status: 'ok' });
});

// Put your authentication here.
app.use('/jobs', (c, next) => {
  const tenant = c.req.header('x-tenant');
  if (!tenant) throw new HTTPException(401, { message: 'x-tenant is missing' });
  return withSettings(settingsOf(tenant), next);
});

app.get('/jobs', async (c) => c.json(await sql`select id, state, attempts, error from jobs order by id`));

app.post('/jobs', async (c) => {
  const given = await c.req.json<{ body?: unknown } | null>().catch(() => null);
  const body = given?.body;
  if (typeof body !== 'string' || body === '') throw new HTTPException(400, { message: 'body is missing' });
  return c.json({ id: await enqueue({ body }) }, 201);
});

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  console.error(error.message);
  return c.json({ error: 'unavailable' }, 503);
});
