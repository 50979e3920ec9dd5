import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { currentSettings, type SettingsScope, settingsError } from '@poolsafe/core';

/**
 * What Prisma gives to the query component of an extension, as far as it is used.
 *
 * We don't use the type from `@prisma/client` here to not have a dependency to it.
 */
interface Operation {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: as in Prisma; they differ with each model.
  readonly args: any;
  // biome-ignore lint/suspicious/noExplicitAny: as in Prisma; they differ with each model.
  query(args: any): Promise<any>;
}

/** The type of {@link settingsExtension}. */
export interface SettingsExtension {
  readonly name: string;
  readonly query: {
    // biome-ignore lint/suspicious/noExplicitAny: as in Prisma; they differ with each model.
    $allOperations(operation: Operation): Promise<any>;
  };
}

/**
 * The client extension that makes `withSettings` work with Prisma. It keeps apart what Prisma would send together:
 * queries of several requests that come in the same tick. Without it, whatever runs inside of `withSettings` is refused.
 *
 * Extend the client with it last, and give nothing else to the application: Prisma also joins queries of a client and
 * of one that was extended from it.
 *
 * ```ts
 * import { PrismaPg, settingsExtension, withSettings } from '@poolsafe/prisma'
 *
 * const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })
 * const prisma = new PrismaClient({ adapter }).$extends(settingsExtension)
 *
 * await withSettings({ 'app.tenant_id': tenant }, () => prisma.note.findMany())
 * ```
 *
 * A query with settings in force is handed to Prisma in the next turn of the event loop. Others are not touched.
 */
export const settingsExtension: SettingsExtension = {
  name: '@poolsafe/prisma',
  query: {
    $allOperations(operation) {
      const scope = currentSettings();
      return scope === undefined ? operation.query(operation.args) : inOwnTurn(scope, operation);
    },
  },
};

/** That a query came through the extension, for these settings. */
interface Mark {
  readonly scope: SettingsScope;
  isVoid: boolean;
}

const marks = new AsyncLocalStorage<Mark>();

/** Whether what is sent here was let through for these settings. */
export function isLetThrough(scope: SettingsScope): boolean {
  const mark = marks.getStore();
  return mark !== undefined && mark.scope === scope && !mark.isVoid;
}

/** Hands an operation to Prisma; the promise is fulfilled when its turn has passed. */
type Start = (turn: Promise<void>) => void;

const waiting = new WeakMap<SettingsScope, Start[]>();

/**
 * Hands operations of one scope to Prisma together, with nothing else in that turn of the event loop. Prisma's loader
 * (6.19.0 and 7.10.0) keeps a `findUnique`, and what belongs to a transaction, until the next `process.nextTick`, and
 * sends what came till then in the asynchronous context of the first. That tick comes before anybody else runs.
 */
function inOwnTurn(scope: SettingsScope, operation: Operation): Promise<unknown> {
  return new Promise((resolve) => {
    // In the context of the caller, who may not be the one who makes the turn.
    const start = AsyncResource.bind((turn: Promise<void>) => {
      const work = started({ scope, isVoid: false }, operation);
      // What is settled without a query goes on later: whoever waits for it may be out of the scope by then, and
      // queries from there must not come in this turn.
      resolve(Promise.allSettled([work, turn]).then(() => work));
    });
    const others = waiting.get(scope);
    if (others === undefined) makeTurn(scope, [start]);
    else others.push(start);
  });
}

function makeTurn(scope: SettingsScope, starts: Start[]): void {
  waiting.set(scope, starts);
  setImmediate(() => {
    waiting.delete(scope);
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    // An exception that the application survived may have left ticks from before, that of the loader among them.
    process.nextTick(() => {
      for (const start of starts) start(turn);
    });
  });
}

/** What the loader keeps outside of a transaction (6.19.0 and 7.10.0). */
const kept: readonly string[] = ['findUnique', 'findUniqueOrThrow'];

function started(mark: Mark, { operation, args, query }: Operation): Promise<unknown> {
  const watched = kept.includes(operation) ? watch(args) : { args, isRead: true };
  // Prisma's promises start when somebody waits for them, and with `await` that is later.
  const work = new Promise((resolve, reject) => {
    marks.run(mark, () => query(watched.args).then(resolve, reject));
  });
  if (watched.isRead) return work;
  mark.isVoid = true;
  work.catch(() => {});
  return Promise.reject(
    settingsError(
      `With settings in force, another extension comes after that of poolsafe and may keep ${operation} back until Prisma sends it with those of others.`,
      'extend the client with settingsExtension last',
    ),
  );
}

/**
 * Arguments that tell when Prisma makes its request of them, and hands it to the loader: it asks for `select` and
 * `include` in any case. Another extension is given a copy, which does not tell.
 */
function watch(args: object): { readonly args: object; readonly isRead: boolean } {
  // The one that is not there, so that making the copy does not ask for it.
  const name = 'include' in args ? 'select' : 'include';
  const value = (args as Record<string, unknown>)[name];
  const watched = { args: { ...args }, isRead: false };
  Object.defineProperty(watched.args, name, {
    enumerable: name in args,
    get() {
      watched.isRead = true;
      return value;
    },
  });
  return watched;
}
