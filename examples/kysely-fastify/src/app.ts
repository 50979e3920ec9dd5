import { withSettings } from '@poolsafe/kysely';
import Fastify, { type FastifyError } from 'fastify';
import { sql } from 'kysely';
import { db } from './db.ts';

export const app = Fastify({ ajv: { customOptions: { coerceTypes: false } } });

// A connection whose request is answered after close() was called would be kept alive, and the process with it.
let closing = false;
app.addHook('preClose', async () => {
  closing = true;
});
app.addHook('onSend', async (_request, reply) => {
  if (closing) reply.header('connection', 'close');
});
// When all requests are answered.
app.addHook('onClose', () => db.destroy());

app.get('/health', async () => {
  await withSettings({ statement_timeout: '1s' }, () => sql`select 1`.execute(db));
  return { status: 'ok' };
});

app.register(async (notes) => {
  notes.decorateRequest('tenant', '');

  // Put your authentication here.
  notes.addHook('onRequest', async (request) => {
    const tenant = request.headers['x-tenant'];
    if (!tenant) throw Object.assign(new Error('x-tenant is missing'), { statusCode: 401 });
    request.setDecorator('tenant', String(tenant));
  });

  // Everything behind it sees the rows of this tenant alone.
  notes.addHook('preHandler', (request, _reply, done) => {
    const tenant = request.getDecorator<string>('tenant');
    const settings = { role: 'notes_app', 'app.tenant': tenant, statement_timeout: '5s' };
    withSettings(settings, async () => done()).catch(done);
  });

  notes.get('/notes', () => db.selectFrom('notes').selectAll().orderBy('id').execute());

  const body = {
    type: 'object',
    required: ['body'],
    properties: { body: { type: 'string', minLength: 1 } },
  };
  notes.post<{ Body: { body: string } }>('/notes', { schema: { body } }, async (request, reply) => {
    const { body } = request.body;
    const note = await db.insertInto('notes').values({ body }).returningAll().executeTakeFirstOrThrow();
    return reply.code(201).send(note);
  });
});

app.setErrorHandler<FastifyError>((error, _request, reply) => {
  const { statusCode = 503, message } = error;
  if (statusCode < 500) return reply.code(statusCode).send({ error: message });
  console.error(message);
  return reply.code(503).send({ error: 'unavailable' });
});
