import { randomBytes } from 'node:crypto';
import {
  forgetsStatements,
  isNeverNamed,
  isPlain,
  isRepeatable,
  mayChangeSchema,
  mayMoveSearchPath,
  neverName,
  type Plan,
  type Probed,
  type SharedStatements,
  schemaChanged,
  schemaChanges,
} from '@poolsafe/core';
import type { Query } from './driver.ts';
import { type Ask, probe } from './probe.ts';

/** What a {@link Statements} needs. */
export interface StatementsConfig {
  readonly plan: Plan;
  /** Whether the application has not said `prepare: false`. */
  readonly prepares: boolean;
  /** What the connections of one client have in common. */
  readonly shared: SharedStatements;
}

/** How a statement is sent. */
export interface Choice {
  /** Under which the driver remembers it, `false` where it goes without a name. */
  readonly key: string | false;
  /** What ends the text that is sent. */
  readonly salt: string;
}

const unchanged: Choice = { key: false, salt: '' };

/** Queries that run once more, since nothing of them had run. */
const sentAgain = new WeakSet<Query>();

/** A query as it was before it was sent. It will go without a name, and not a third time. */
export function sendAgain(query: Query): Query {
  sentAgain.add(query);
  return Object.assign(query, { state: null, retried: undefined, parameters: undefined });
}

/**
 * Decides about the statements of one connection: which the driver prepares, and what was found on the other side.
 * The driver never closes a statement. What it should not use any more it is given another key for, and what is
 * over the size goes unprepared.
 */
export class Statements {
  readonly #plan: Plan;
  /** Whether statements can ever be prepared. */
  readonly #inUse: boolean;
  readonly #shared: SharedStatements;
  /** Under which keys the driver has statements, those included that are out of date. */
  readonly #known = new Set<string>();
  readonly #salts = new Set<string>();
  #probed: Probed | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;
  /** The schema changes of this process that the probe knew of. */
  #changes = -1;
  /** How often statements were given up that behind the same salt would still count as known. */
  #forgotten = 0;
  /** Something that may change the schema has been sent, and may be part of a transaction that is still open. */
  #changing = false;
  /** A statement has set `search_path`: what is prepared must not be met there, nor anything be prepared. */
  #isElsewhere = false;
  /** The choice for the statement that was sent last, where that can be sent once more. */
  #current: Choice | undefined;
  /** Whether the server has still to read that statement, which the driver does not have before. */
  #isNew = false;
  /** Whether the server has taken the parameters of what was sent last: from there on it may have run. */
  #bound = false;

  constructor({ plan, prepares, shared }: StatementsConfig) {
    this.#plan = plan;
    this.#inUse = prepares && plan.naming !== 'never';
    this.#shared = shared;
  }

  /** Whether the driver has as many statements as it may, and some of them are out of date. */
  get overfull(): boolean {
    return this.#isFull && this.#salts.size > 1;
  }

  get wantsProbe(): boolean {
    if (!this.#inUse) return false;
    const schema = this.#probed?.schema;
    if (!this.#isCurrent()) return true;
    return schema !== undefined && this.#shared.isDue(schema, this.#plan.statementCache.maxAge);
  }

  /** Whether what was sent last may be older than it seems, and certainly has not begun to run. */
  get hasNotBegun(): boolean {
    return this.#current !== undefined && !this.#bound;
  }

  /** Whether the server has not even read the text: what is wrong is the text, and not its age. */
  get isUnread(): boolean {
    return this.#isNew;
  }

  /**
   * To be called with each query when the driver has made its text, and its `signature` where it can be prepared. What
   * means something else elsewhere is shared with nobody.
   */
  choose(query: Query, signature: string | false, isShared: boolean): Choice {
    const text = query.string ?? '';
    this.#current = undefined;
    this.#isNew = false;
    this.#bound = false;
    if (!isPlain(text) && mayChangeSchema(text)) {
      this.#changing = true;
      schemaChanged();
    }
    if (!isPlain(text) && mayMoveSearchPath(text)) this.#isElsewhere = true;
    if (!this.#inUse || query.options.simple || !isRepeatable(text)) return unchanged;
    const isOwn = !isShared || this.#isElsewhere || sentAgain.has(query);
    const often = !isOwn && this.#isOften(query, text);
    const named = often && signature !== false ? this.#named(text, signature) : undefined;
    const choice = named ?? this.#unnamed(isOwn);
    const isKept = named !== undefined || this.#probed?.sharesUnnamed === true;
    // The rows of a cursor are already spoken for.
    if (isKept && !isOwn && query.cursorFn === undefined) this.#current = choice;
    return choice;
  }

  /** The server is done with a query, and no transaction is open. */
  idle(): void {
    if (this.#changing) schemaChanged();
    this.#changing = false;
    // Behind a pooler only a setting of the transaction gets through.
    if (this.#plan.pooler.session.value === 'lost') this.#isElsewhere = false;
  }

  parsed(): void {
    this.#isNew = false;
  }

  bound(): void {
    this.#bound = true;
  }

  completed(tag: string): void {
    if (forgetsStatements(tag)) this.#forgotten += 1;
  }

  /** Looks what is on the other side. Nothing must be under way. */
  async probe(pid: number, ask: Ask): Promise<void> {
    const { trouble } = this.#shared;
    const [at, changes] = [performance.now(), schemaChanges()];
    const probed = await probe({ pid, salt: trouble, wantsSchema: this.#plan.naming === 'always', ask });
    // What everybody shares of it may be gone on one server connection: once more, with a text of our own.
    if (probed === undefined) this.#shared.lost();
    if (probed !== undefined || trouble !== '') this.#learn(probed ?? this.#nothingKept, at, changes);
  }

  /** The query that was sent last has failed. */
  failed(): void {
    const key = this.#current?.key;
    if (this.#isNew && key) this.#known.delete(key);
  }

  /** The server connection has not what it should have: nothing is prepared until it is time to look again. */
  lost(): void {
    this.#shared.lost();
    this.#learn(this.#nothingKept, performance.now(), schemaChanges());
  }

  /** The schema has changed under a statement. Behind a pooler the same text fails for everybody from now on. */
  outdated(query: Query): void {
    const { key, salt } = this.#current ?? unchanged;
    if (key) neverName(this.#brokenKey(query.string ?? '', salt));
    schemaChanged();
    this.#forget();
  }

  /** Whether a text has come often enough to get a name, or the application has asked for it. */
  #isOften(query: Query, text: string): boolean {
    const { threshold } = this.#plan.statementCache;
    return this.#shared.seen.count(text) >= threshold || query.options.prepare === true;
  }

  #named(text: string, signature: string): Choice | undefined {
    const { naming } = this.#plan;
    if (!this.#isCurrent() || this.#probed?.schema === undefined) return undefined;
    if (naming !== 'always' && this.#probed.statements === 'lost') return undefined;
    const salt = this.#salt;
    const key = signature + salt;
    if (this.#known.has(key)) return { key, salt };
    if (this.#isFull || isNeverNamed(this.#brokenKey(text, salt))) return undefined;
    this.#isNew = true;
    this.#known.add(key);
    this.#salts.add(salt);
    return { key, salt };
  }

  /**
   * Odyssey keeps what has no name too, for everybody who sends the same text: a comment sets it apart from what was
   * prepared before the schema changed, and before the first probe, and after a failure, from everything.
   */
  #unnamed(isOwn: boolean): Choice {
    if (this.#plan.naming !== 'probed' || this.#probed?.sharesUnnamed === false) return unchanged;
    this.#isNew = true;
    const isKnown = this.#probed?.schema !== undefined && this.#isCurrent() && !isOwn;
    return { key: false, salt: isKnown ? this.#salt : ` /* ${randomBytes(4).toString('hex')} */` };
  }

  /** Different wherever a statement of the same text may not be used. At the end, where it moves no position. */
  get #salt(): string {
    if (this.#probed?.direct && this.#forgotten === 0) return '';
    const forgotten = this.#forgotten === 0 ? '' : `.${this.#forgotten}`;
    return ` /* ${this.#probed?.schema}${this.#shared.trouble}${forgotten} */`;
  }

  #brokenKey(text: string, salt: string): string {
    return this.#probed?.direct ? `${this.#probed.schema} ${text}` : text + salt;
  }

  get #isFull(): boolean {
    return this.#known.size >= this.#plan.statementCache.size;
  }

  /** What a pooler shares is told apart by schema and trouble. */
  #forget(): void {
    if (this.#probed?.direct) this.#forgotten += 1;
  }

  get #nothingKept(): Probed {
    const { direct = false, sharesUnnamed = false } = this.#probed ?? {};
    return { statements: 'lost', direct, sharesUnnamed, schema: undefined };
  }

  #isCurrent(): boolean {
    if (this.#changes !== schemaChanges()) return false;
    const schema = this.#probed?.schema;
    const age = schema === undefined ? performance.now() - this.#probedAt : this.#shared.ageOf(schema);
    return age < this.#plan.statementCache.maxAge;
  }

  #learn(probed: Probed, at: number, changes: number): void {
    if (probed.schema !== this.#probed?.schema) this.#forget();
    this.#probed = probed;
    this.#probedAt = at;
    if (probed.schema !== undefined) this.#shared.saw(probed.schema, at);
    this.#changes = changes;
  }
}
