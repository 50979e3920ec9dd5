import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { settingsExtension } from '@poolsafe/prisma';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { as, codeOf, find, mine, opened, refused, setup } from './tenants.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());
const { url } = database.through('latest');

/** What an extension is given. */
interface Given {
  readonly args: object;
  query(args: object): Promise<unknown>;
}

const extensionOf = ($allOperations: (given: Given) => unknown) => ({ query: { $allOperations } });

describe('another extension', () => {
  const timed = extensionOf(async ({ args, query }) => await query(args));
  const slow = extensionOf(async ({ args, query }) => {
    await nextTurn();
    return await query(args);
  });
  const plain = extensionOf(({ args, query }) => query(args));

  test.each([timed, slow, plain])('before it goes first', async (other) => {
    await using app = opened(url, 3, other);
    const db = app.db.$extends(settingsExtension);
    const all = [as(1, () => find(db)), as(2, () => find(db)), find(db), as(1, () => find(db, 2))];
    expect(await Promise.all(all)).toEqual([mine, null, null, null]);
  });

  test.each([timed, slow, plain])('after it is refused, for findUnique', async (other) => {
    await using app = opened(url);
    const sent: string[] = [];
    app.bare.$on('query', ({ query }) => sent.push(query));
    const db = app.db.$extends(other);
    for (const args of [
      {},
      { include: { books: true } },
      { select: { id: true } },
      { omit: { name: true } },
    ]) {
      const where = { id: 1 };
      const all = [1, 2].map((tenant) => codeOf(as(tenant, () => db.author.findUnique({ where, ...args }))));
      expect(await Promise.all(all)).toEqual([refused, refused]);
    }
    expect(await as(1, () => db.author.findMany())).toEqual([mine]);
    expect(await find(db)).toBe(null);
    expect(sent).toHaveLength(2);
  });
});

describe('an extension after it', () => {
  test('may not send a query of its own with other settings', async () => {
    await using app = opened(url);
    const foreign = { query: { $allOperations: () => as(2, () => app.bare.author.findMany()) } };
    expect(await codeOf(as(1, () => app.db.$extends(foreign).author.findMany()))).toBe(refused);
  });

  test('runs in the asynchronous context of the caller', async () => {
    await using app = opened(url);
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const noting = extensionOf(({ args, query }) => {
      seen.push(requests.getStore());
      return query(args);
    });
    const db = app.db.$extends(noting);
    const ask = (request: string) => requests.run(request, async () => await db.author.count());
    await as(1, () => Promise.all([ask('a'), ask('b')]));
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('nothing else comes in the turn of a scope', () => {
  test('not what follows an operation that needed no query', async () => {
    await using app = opened(url);
    await app.db.$connect();
    const batch: Promise<unknown>[] = [];
    // It fails before it is sent, and the request of somebody else goes on.
    const failing = as(1, () => {
      batch.push(app.db.$transaction([find(app.db), app.db.author.findMany()]));
      return app.db.author.findUnique({ where: { nothing: 1 } });
    });
    const next = await failing.then(
      () => 'fine',
      () => find(app.db),
    );
    expect(next).toBe(null);
    expect(await Promise.all(batch)).toEqual([[mine, [mine]]]);
  });

  test('not what was left behind by an exception that the application survived', async () => {
    await using app = opened(url);
    await app.db.$connect();
    const listeners = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const survived = once(process, 'uncaughtException');
    const nobody = new Promise((resolve) => {
      setImmediate(async () => {
        await null;
        process.nextTick(() => {
          throw new Error('survived');
        });
        // Waits for a tick that comes after that.
        resolve(find(app.bare));
      });
    });
    const own = as(1, () => find(app.db));
    expect([await nobody, await own]).toEqual([null, mine]);
    await survived;
    for (const listener of listeners) process.on('uncaughtException', listener as () => void);
  });
});
