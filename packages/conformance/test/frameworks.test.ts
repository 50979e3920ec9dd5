import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Module,
  type NestInterceptor,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { afterAll, expect, inject, test } from 'vitest';
import { Pool, withSettings } from '../../pg/src/index.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { notesOf } from '../../pg/test/tenants.ts';

const tenants = 30;
const database = await openDatabase(inject('servers'), notesOf(tenants));
const pool = new Pool({ connectionString: database.through('latest').url, max: 5 });
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

let handled = 0;

/** What each handler does: a query, something else, and a transaction. */
async function bodies(): Promise<string[]> {
  handled += 1;
  const alone = await pool.query('select body from note');
  await new Promise(setImmediate);
  const client = await pool.connect();
  try {
    await client.query('begin');
    const within = await client.query('select body from note');
    await client.query('commit');
    return [...alone.rows, ...within.rows].map(({ body }) => body);
  } finally {
    client.release();
  }
}

/** Who asks, as the authentication of an application has found. Nothing where nobody is logged in. */
const settingsOf = (tenant: unknown) => ({ 'app.tenant_id': tenant as string });

interface App extends AsyncDisposable {
  readonly port: number;
}

const appOf = (server: Server, close: () => unknown): App => ({
  port: (server.address() as AddressInfo).port,
  [Symbol.asyncDispose]: async () => void (await close()),
});

async function honoApp(): Promise<App> {
  const app = new Hono();
  app.onError((_, c) => c.text('', 500));
  app.use((c, next) => withSettings(settingsOf(c.req.header('tenant')), next));
  app.post('/notes', async (c) => {
    await c.req.json();
    return c.json(await bodies());
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  return appOf(server, () => server.close());
}

async function expressApp(): Promise<App> {
  const app = express();
  app.set('env', 'test');
  app.use(express.json());
  app.use((req, _, next) => {
    withSettings(settingsOf(req.headers.tenant), async () => next()).catch(next);
  });
  app.post('/notes', async (_, res) => void res.json(await bodies()));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return appOf(server, () => server.close());
}

async function fastifyApp(): Promise<App> {
  const app = fastify();
  app.addHook('preHandler', (request, _, done) => {
    withSettings(settingsOf(request.headers.tenant), async () => done()).catch(done);
  });
  app.post('/notes', () => bodies());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return appOf(app.server, () => app.close());
}

class TenantInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { tenant } = context.switchToHttp().getRequest().headers;
    return defer(() =>
      withSettings(settingsOf(tenant), () => lastValueFrom(next.handle(), { defaultValue: undefined })),
    );
  }
}

class NotesController {
  list(): Promise<string[]> {
    return bodies();
  }
}
// What the decorators of an application do.
Controller('notes')(NotesController);
UseInterceptors(new TenantInterceptor())(NotesController);
const { prototype } = NotesController;
Post()(prototype, 'list', Object.getOwnPropertyDescriptor(prototype, 'list') as PropertyDescriptor);
class AppModule {}
Module({ controllers: [NotesController] })(AppModule);

async function nestApp(): Promise<App> {
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  return appOf(app.getHttpServer(), () => app.close());
}

const frameworks: readonly (readonly [name: string, open: () => Promise<App>])[] = [
  ['Hono', honoApp],
  ['Express', expressApp],
  ['Fastify', fastifyApp],
  ['NestJS', nestApp],
];

test.each(frameworks)(
  '300 requests of 30 tenants see their own rows, and one of nobody is refused | %s',
  async (_, open) => {
    await using app = await open();
    const ask = (tenant?: number) =>
      fetch(`http://127.0.0.1:${app.port}/notes`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          connection: 'close',
          ...(tenant && { tenant: String(tenant) }),
        },
        body: JSON.stringify({ padding: 'x'.repeat(5000) }),
      });
    const seen = await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        const tenant = (n % tenants) + 1;
        const found = (await (await ask(tenant)).json()) as string[];
        return { tenant, found };
      }),
    );
    const wrong = seen.filter(({ tenant, found }) => `${found}` !== `of ${tenant},of ${tenant}`);
    expect(wrong).toEqual([]);
    const before = handled;
    const refused = await ask();
    expect([refused.status, handled]).toEqual([500, before]);
  },
);
