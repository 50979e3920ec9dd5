import {
  assertSingleHost,
  configError,
  currentSettings,
  guard,
  hintFor,
  inScope,
  isBegin,
  mayChangeSchema,
  mayMoveSearchPath,
  outOfScope,
  type Plan,
  type PoolsafeOptions,
  parseTarget,
  planFor,
  policyOf,
  reportConnectionError,
  type SettingsScope,
  SharedStatements,
  schemaChanged,
  settingsError,
} from '@poolsafe/core';
import pg from 'pg';
import { DeferredBegin } from './deferred-begin.ts';
import { nativeRefused } from './native.ts';
import { behindSettings } from './own-query.ts';
import {
  guardedSubmittable,
  isHarmless,
  isSubmittable,
  nameOf,
  refuse,
  textOf,
  unnamed,
} from './query-forms.ts';
import { StatementQuery } from './statement-query.ts';
import { Statements } from './statements.ts';
import { BeginNow, TransactionQuery, type TransactionQueryContext } from './transaction-query.ts';
import { TransactionState } from './transaction-state.ts';

/** Of names without a text that one client understands: pg itself remembers all. */
const mostTexts = 5000;

type ClientClass = typeof pg.Client;
type GivenConfig = string | (pg.ClientConfig & { poolsafe?: PoolsafeOptions | undefined }) | undefined;

/** What is read of a client besides its documented members. */
interface ClientInternals {
  /** The startup parameters exactly as pg will send them, from options, URL, environment and pg.defaults. */
  getStartupConf(): Record<string, string>;
}

/** What `pg` calls on a Submittable that it cannot send. */
interface Failable {
  handleError?(error: Error, connection: pg.Connection): void;
}

/** What the clients of a pool share, by the `options` that it makes them from. */
interface Shared {
  readonly plan: Plan;
  readonly statements: SharedStatements;
}
const shares = new WeakMap<object, Shared>();
const guardedClasses = new WeakMap<ClientClass, ClientClass>();

/** Lets every client made from `options` share one plan, and what is known of statements. */
export function share(options: object, plan: Plan): SharedStatements {
  const statements = new SharedStatements();
  shares.set(options, { plan, statements });
  return statements;
}

/** A subclass of `Base` whose clients are guarded; `Base` itself where it is one already. */
export function guardedClient(Base: ClientClass): ClientClass {
  if (Base !== pg.Client && !(Base.prototype instanceof pg.Client)) {
    throw nativeRefused('The option `Client` is not a subclass of the Client of pg');
  }
  for (let known: ClientClass = Base; known !== null; known = Object.getPrototypeOf(known)) {
    if (guardedClasses.get(known) === known) return Base;
  }
  const Guarded = guardedClasses.get(Base) ?? subclassOf(Base);
  guardedClasses.set(Base, Guarded);
  guardedClasses.set(Guarded, Guarded);
  return Guarded;
}

function subclassOf(Base: ClientClass): ClientClass {
  return class Client extends Base {
    readonly poolsafe: Plan;
    readonly #transaction: TransactionState;
    readonly #begin: DeferredBegin;
    /** Texts of statements whose name was dropped: pg lets a later call leave the text out. */
    readonly #texts = new Map<string, string>();
    readonly #statements: Statements;
    readonly #Promise: PromiseConstructor;
    /** Something that may change the schema was sent, and may be part of a transaction that is still open. */
    #changing = false;

    constructor(config?: GivenConfig) {
      checkUrl(typeof config === 'string' ? config : config?.connectionString);
      super(config as string | pg.ClientConfig);
      const shared = typeof config === 'object' ? shares.get(config) : undefined;
      this.poolsafe = shared?.plan ?? planOf(this, config);
      this.#transaction = new TransactionState(this, this.connection);
      const statements = shared?.statements ?? new SharedStatements();
      this.#statements = new Statements(this, this.connection, this.poolsafe, statements);
      // Behind those, so that it comes before them: it may change what the server has said of the transaction.
      this.#begin = new DeferredBegin(this.connection, this.#transaction);
      this.#Promise = (config as unknown as { Promise?: PromiseConstructor } | undefined)?.Promise ?? Promise;
      // The error has already gone to the query that was running. Without a listener it would end the process.
      this.on('error', reportConnectionError);
      this.connection.once('readyForQuery', () => endAtFatal(this));
      if (this.poolsafe.pooler.name !== 'direct') this.connection.on('errorMessage', fillHint);
    }

    /** The login leaves out what the pooler would refuse. Called by pg, and for the plan before there is one. */
    getStartupConf(): Record<string, string> {
      const { user, database, ...parameters } = startupOf(Base.prototype, this);
      return { user, database, ...(this.poolsafe?.startup(parameters) ?? parameters) } as Record<
        string,
        string
      >;
    }

    /** What comes over the connection belongs to no request, whoever opened it. */
    // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
    override connect(...given: any[]): any {
      return outOfScope(() => super.connect.apply(this, inTheirScope(given) as never));
    }

    // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
    override query(query: any, ...others: any[]): any {
      this.#statements.sendProbe();
      const rest = inTheirScope(others);
      if (query === null || query === undefined) return this.#send(query, rest);
      if (isSubmittable(query) && typeof query.callback === 'function') {
        query.callback = inScope(query.callback as () => void);
      }
      const text = textOf(query) ?? this.#texts.get(nameOf(query) ?? '');
      const state = this.#transaction;
      if (text === undefined || isHarmless(query, text)) {
        if (text === undefined) state.sending(text);
        else if (this.#mayName(query)) return this.#prepared(text, query, rest);
        return this.#send(this.#named(query, text), rest);
      }
      this.#changesOf(text);
      // A pg.Query or cursor has no such key; a pool or client, given by mistake, has its plan there.
      const plan = policyOf(this.poolsafe, (query as { poolsafe?: unknown }).poolsafe);
      if (plan instanceof Error) return this.#refuse(plan, query, rest);
      const moves = mayMoveSearchPath(text);
      if (!state.certain && !this.pipeline && dependsOnState(plan, text)) {
        const check = () => {
          this.#statements.isElsewhere ||= moves;
          return guard(plan, text, { inTransaction: state.open });
        };
        const send = (given: unknown, others: unknown[]) => this.#send(given, others);
        state.sending(text);
        return guardedSubmittable(this.#named(query, text), rest, check, send);
      }
      const error = guard(plan, text, { inTransaction: state.open && state.certain });
      if (error !== undefined) return this.#refuse(error, query, rest);
      state.sending(text);
      if (moves && !this.pipeline) {
        const onTurn = () => {
          this.#statements.isElsewhere = true;
        };
        return this.#sendInTurn(this.#named(query, text), rest, onTurn);
      }
      // A name would keep it from waiting, and reach a pooler that loses names.
      if (this.#mayDefer(query, text)) return this.#sendInTurn(this.#withoutName(query, text), rest);
      return this.#send(this.#named(query, text), rest);
    }

    // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
    override end(...given: any[]): any {
      const end = () => super.end.apply(this, given as never) as unknown as Promise<void> | undefined;
      if (!this.#statements.isProbing) return end();
      if (typeof given[0] === 'function') return this.#statements.afterProbe(end);
      return new this.#Promise<void>((resolve, reject) => {
        this.#statements.afterProbe(() => end()?.then(resolve, reject));
      });
    }

    get #settings(): SettingsScope | undefined {
      return currentSettings(this.poolsafe.settings);
    }

    #mayDefer(query: unknown, text: string): boolean {
      if (this.pipeline || isSubmittable(query) || !isBegin(text)) return false;
      // With settings in force they travel with it, and it with the first statement.
      return this.poolsafe.defersBegin || this.#settings !== undefined;
    }

    /** Names that the application gave are its own business where they are kept. */
    #mayName(query: unknown): boolean {
      if (!this.#statements.inUse || isSubmittable(query) || this.#statements.leavesTexts) return false;
      return !this.poolsafe.keepsNames || nameOf(query) === undefined;
    }

    /** Sends it as a query that may be named when it is its turn. */
    #prepared(text: string, query: unknown, rest: unknown[]): unknown {
      const name = nameOf(query);
      if (name !== undefined) this.#remember(name, text);
      const context = {
        ...this.#turn(),
        statements: this.#statements,
        inTransaction: () => this.#transaction.open,
      };
      return this.#sendMade(new StatementQuery(text, [query, ...rest], context), query, rest);
    }

    #turn(): TransactionQueryContext {
      return {
        begin: this.#begin,
        queue: () => this.#statements.queue,
        settings: this.#settings,
      };
    }

    /** Sends what was made of a query, in the shape of the call. */
    #sendMade(made: TransactionQuery, query: unknown, rest: unknown[]): unknown {
      made.query_timeout = (query as { query_timeout?: unknown }).query_timeout;
      const { callback } = made;
      if (callback) {
        // pg itself says what is wrong with a callback that is none.
        if (typeof callback !== 'function') return super.query.apply(this, [query, ...rest] as never);
        super.query(made as never);
        return undefined;
      }
      return new this.#Promise((resolve, reject) => {
        made.callback = (error, result) => (error ? reject(error) : resolve(result));
        super.query(made as never);
      }).catch((error) => {
        // As pg does, so that the stack leads to the application.
        Error.captureStackTrace(error);
        throw error;
      });
    }

    /** Looks for what changes the tables under prepared statements, now and when its transaction is over. */
    #changesOf(text: string): void {
      if (!mayChangeSchema(text)) return;
      schemaChanged();
      if (this.#changing) return;
      this.#changing = true;
      // Everything that was handed over is answered.
      const drained = () => {
        if (this.#transaction.open) return this.once('drain', drained);
        this.#changing = false;
        return schemaChanged();
      };
      this.once('drain', drained);
    }

    /** The text of a statement whose name is dropped. */
    #remember(name: string, text: string): void {
      this.#texts.delete(name);
      this.#texts.set(name, text);
      const [oldest] = this.#texts.keys();
      if (this.#texts.size > mostTexts && oldest !== undefined) this.#texts.delete(oldest);
    }

    /** With exactly as many arguments as were given: tracers look for the callback in the last one. */
    #send(query: unknown, rest: unknown[]): unknown {
      const settings = this.#settings;
      const isAlone = !this.#begin.isInvolved && settings === undefined;
      if (!isAlone && query !== null && query !== undefined) {
        if (!this.pipeline) return this.#sendInTurn(query, rest);
        if (settings !== undefined) return this.#refuse(notInPipeline(), query, rest);
        // It is all written at once there, and only what is written before can hold what comes behind.
        if (this.#begin.isWaiting) super.query(new BeginNow(this.#begin) as never);
      }
      return super.query.apply(this, [query, ...rest] as never);
    }

    /** Sends it behind the BEGIN that waits, or that may wait when it is its turn. */
    #sendInTurn(query: unknown, rest: unknown[], onTurn?: () => void): unknown {
      const context = { ...this.#turn(), onTurn };
      if (!isSubmittable(query)) {
        return this.#sendMade(new TransactionQuery([query, ...rest], context), query, rest);
      }
      super.query(new BeginNow(this.#begin) as never);
      return super.query.apply(this, [behindSettings(query, context), ...rest] as never);
    }

    #named<Q>(query: Q, text: string | undefined): Q | object {
      return this.poolsafe.keepsNames ? query : this.#withoutName(query, text);
    }

    #withoutName<Q>(query: Q, text: string | undefined): Q | object {
      const name = nameOf(query);
      if (name === undefined) return query;
      if (text !== undefined) this.#remember(name, text);
      if (!isSubmittable(query)) return unnamed(query as object, text);
      return Object.assign(query, { name: undefined, queryMode: 'extended', text });
    }

    #refuse(error: Error, query: unknown, rest: unknown[]): unknown {
      if (!isSubmittable(query)) return refuse(error, ...rest, (query as { callback?: unknown }).callback);
      query.callback ??= rest.find((given) => typeof given === 'function');
      process.nextTick(() => (query as Failable).handleError?.(error, this.connection));
      return query;
    }
  };
}

/** Callbacks as those who gave them would call them: pg calls them as whatever has opened the connection. */
function inTheirScope(given: readonly unknown[]): unknown[] {
  return given.map((value) => (typeof value === 'function' ? inScope(value as () => void) : value));
}

/** Whether it matters for a text if a transaction is open. */
function dependsOnState(plan: Plan, text: string): boolean {
  const [inside, outside] = [true, false].map(
    (inTransaction) => plan.hazards(text, { inTransaction }).length,
  );
  return inside !== outside;
}

/**
 * After such an error the server closes the connection. Whoever gives it back to its pool before that is seen would
 * hand it to a query of somebody else.
 */
function endAtFatal(client: pg.Client): void {
  client.connection.prependListener('errorMessage', ({ severity }: { severity?: string }) => {
    if (severity === 'FATAL' || severity === 'PANIC') Object.assign(client, { _queryable: false });
  });
}

/** The only field of an error that is ever changed, and only where PostgreSQL and the pooler left it empty. */
function fillHint(error: pg.DatabaseError): void {
  error.hint ??= hintFor(error);
}

function notInPipeline(): Error {
  return settingsError(
    'With settings in force, no query can be sent in pipeline mode: each has its own transaction there.',
    'leave `pipeline` out, or run it outside of withSettings',
  );
}

function checkUrl(url: unknown): void {
  if (typeof url === 'string' && url !== '') parseTarget(url);
  else if (url) {
    throw configError(
      'The connection URL is not a string.',
      'for a URL object, `connectionString: url.href`',
    );
  }
}

/** The method is not in the types of pg. */
function startupOf(prototype: object, client: object): Record<string, string> {
  return (prototype as ClientInternals).getStartupConf.call(client);
}

function planOf(client: pg.Client, config: GivenConfig): Plan {
  const { user: _, database: __, ...parameters } = (client as unknown as ClientInternals).getStartupConf();
  const { host, port, user, database } = client;
  assertSingleHost(host);
  return planFor(
    { host, port, user, database, parameters },
    typeof config === 'object' ? config.poolsafe : undefined,
  );
}
