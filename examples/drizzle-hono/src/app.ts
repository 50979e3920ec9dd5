import { withSettings } from '@poolsafe/drizzle/node-postgres';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { db, notes } from './db.ts';

export const app = new Hono();

app.get('/health', async (c) => {
  await withSettings({ statement_timeout: '1s' }, () => db.execute(sql`select 1`));
  return c.json({ status: 'ok' });
});

// Put your authentication here. Everything behind it sees the rows of this tenant alone.
app.use('/notes', (c, next) => {
  const tenant = c.req.header('x-tenant');
  if (!tenant) throw new HTTPException(401, { message: 'x-tenant is missing' });
  return withSettings({ role: 'notes_app', 'app.tenant': tenant, statement_timeout: '5s' }, next);
});

app.get('/notes', async (c) => c.json(await db.select().from(notes).orderBy(notes.id)));

app.post('/notes', async (c) => {
  const given = await c.req.json<{ body?: unknown } | null>().catch(() => null);
  const body = given?.body;
  if (typeof body !== 'string' || body === '') throw new HTTPException(400, { message: 'body is missing' });
  const [note] = await db.insert(notes).values({ body }).returning();
  return c.json(note, 201);
});

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  // Drizzle's own message has the values of the query.
  console.error(error.cause instanceof Error ? error.cause.message : error.message);
  return c.json({ error: 'unavailable' }, 503);
});
