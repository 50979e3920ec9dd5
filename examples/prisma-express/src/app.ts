import { withSettings } from '@poolsafe/prisma';
import express, { type ErrorRequestHandler } from 'express';
import { prisma } from './db.ts';

export const app = express();

app.get('/health', async (_req, res) => {
  await withSettings({ statement_timeout: '1s' }, () => prisma.$queryRaw`select 1`);
  res.json({ status: 'ok' });
});

// Put your authentication here. Everything behind it sees the rows of this tenant alone.
app.use('/notes', express.json(), (req, res, next) => {
  const tenant = req.get('x-tenant');
  if (!tenant) return res.status(401).json({ error: 'x-tenant is missing' });
  const settings = { role: 'notes_app', 'app.tenant': tenant, statement_timeout: '5s' };
  withSettings(settings, async () => next()).catch(next);
});

app.get('/notes', async (_req, res) => {
  res.json(await prisma.note.findMany({ orderBy: { id: 'asc' } }));
});

app.post('/notes', async (req, res) => {
  const body: unknown = req.body?.body;
  if (typeof body !== 'string' || body === '') return res.status(400).json({ error: 'body is missing' });
  res.status(201).json(await prisma.note.create({ data: { body } }));
});

const onError: ErrorRequestHandler = (error, _req, res, _next) => {
  // A body that is no JSON, or too large.
  if (error.expose) return res.status(error.status).json({ error: error.message });
  console.error(error.message.trim());
  res.status(503).json({ error: 'unavailable' });
};
app.use(onError);
