import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import {
  forgetsStatements,
  isNeverNamed,
  isRepeatable,
  neverName,
  type Plan,
  type PreparedStatement,
  type Probed,
  type SharedStatements,
  StatementCache,
  schemaChanged,
  schemaChanges,
} from '@poolsafe/core';
import type { Messages } from './messages.ts';
import { Probe } from './probe.ts';

/** What is used of a client besides its documented members. */
interface ClientInternals {
  readonly processID?: number | null;
  readonly pipeline?: boolean;
  /** Queries that wait. pg before 8.17 has it without the underscore, later ones warn of that. */
  readonly _queryQueue?: unknown[];
  readonly queryQueue?: unknown[];
  _pulseQueryQueue(): void;
}

/** How long the end of a client waits for the answer to its probe. Milliseconds. */
const patience = 1000;

/** Decides about the statements of one connection: which are named, and what was found on the other side. */
export class Statements {
  readonly #plan: Plan;
  readonly #client: ClientInternals;
  readonly #connection: Messages;
  readonly #shared: SharedStatements;
  readonly #cache: StatementCache;
  /** Names to close with the next statement that is named. */
  #closing: string[] = [];
  #probed: Probed | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;
  #open = true;
  #loggedIn = false;
  /** Called when the probe that is under way has its answer. */
  #whenProbed: (() => void)[] | undefined;
  /** The schema changes of this process that the probe knew of. */
  #changes = -1;
  /** Whether a statement has set `search_path`: what is prepared must not be met there, nor anything be prepared. */
  isElsewhere = false;
  /** Whether the server has taken the parameters of what was sent last: from there on it may have run. */
  bound = false;

  constructor(client: object, connection: EventEmitter, plan: Plan, shared: SharedStatements) {
    this.#client = client as unknown as ClientInternals;
    this.#connection = connection as unknown as Messages;
    this.#plan = plan;
    this.#shared = shared;
    this.#cache = new StatementCache(plan.statementCache.size);
    connection.on('bindComplete', () => {
      this.bound = true;
    });
    connection.on('commandComplete', ({ text }: { text: string }) => {
      if (forgetsStatements(text)) this.#forget();
    });
    // Before pg gives the turn to the next query.
    connection.prependListener('readyForQuery', ({ status }: { status?: string }) => {
      if (this.#loggedIn && status === 'I' && this.#wantsProbe) this.#probe();
      this.#loggedIn = true;
      // Behind a pooler only a setting of the transaction gets through.
      if (status === 'I' && plan.pooler.session.value === 'lost') this.isElsewhere = false;
    });
    connection.on('end', () => {
      this.#open = false;
      shared.found.delete(this);
    });
  }

  /** Whether statements of this connection can ever be named. */
  get inUse(): boolean {
    return this.#plan.naming !== 'never' && this.#client.pipeline !== true;
  }

  /** Whether texts go as they are at the moment: there is nothing to gain, and nothing that could be out of date. */
  get leavesTexts(): boolean {
    return this.#probed?.sharesUnnamed === false && !this.#keeps() && this.#isCurrent();
  }

  get #wantsProbe(): boolean {
    if (!this.inUse || this.isProbing) return false;
    const schema = this.#probed?.schema;
    if (!this.#isCurrent()) return true;
    return schema !== undefined && this.#shared.isDue(schema, this.#plan.statementCache.maxAge);
  }

  /**
   * The statement to send in place of a text, or nothing where the text goes without a name. `asked`: the
   * application gave it a name.
   */
  choose(sql: string, asked: boolean): PreparedStatement | undefined {
    const isKnown = this.#probed?.schema !== undefined && this.#keeps() && this.#isCurrent();
    const known = isKnown ? this.#cache.get(sql) : undefined;
    if (known !== undefined) return known;
    if (!this.inUse || !isRepeatable(sql)) return undefined;
    const times = this.#shared.seen.count(sql);
    if (!isKnown || (!asked && times < this.#plan.statementCache.threshold)) return undefined;
    // At the end, where it moves no position that an error tells.
    const text = this.#probed?.direct ? sql : `${sql} /* ${this.#salt} */`;
    if (isNeverNamed(this.#key(sql, text))) return undefined;
    const { statement, evicted } = this.#cache.add(sql, text);
    this.#leave(evicted);
    for (const name of this.#closing.splice(0)) this.#connection.close({ type: 'S', name });
    return statement;
  }

  /**
   * What is sent of a text that goes without a name, through the extended protocol. Odyssey keeps that too, for
   * everybody who sends the same text: a comment sets it apart from what was prepared before the schema changed, and
   * before the first probe, and where `isOwn`, from everything.
   */
  unnamedText(sql: string, isOwn: boolean): string {
    if (this.#plan.naming !== 'probed' || this.#probed?.sharesUnnamed === false || !isRepeatable(sql))
      return sql;
    const isKnown = this.#probed?.schema !== undefined && this.#isCurrent() && !isOwn;
    const salt = isKnown ? this.#salt : randomBytes(4).toString('hex');
    return `${sql} /* ${salt} */`;
  }

  get #salt(): string {
    return `${this.#probed?.schema}${this.#shared.trouble}`;
  }

  /** Looks what is on the other side before the next statement is sent: the one before has been answered. */
  #probe(): void {
    this.#whenProbed = [];
    const [at, changes] = [performance.now(), schemaChanges()];
    const { trouble } = this.#shared;
    const probe = new Probe({
      // A pooler need not send one.
      pid: this.#client.processID ?? 0,
      salt: trouble || undefined,
      wantsSchema: this.#plan.naming === 'always',
      done: (probed, error) => {
        const waiting = this.#whenProbed ?? [];
        this.#whenProbed = undefined;
        // What everybody shares of it may be gone on one server connection: once more, with a text of our own.
        if (error) this.#shared.lost();
        if (!error || trouble !== '') this.#learn(probed, at, changes);
        for (const done of waiting) done();
      },
    });
    this.queue.unshift(probe);
  }

  /**
   * Sends the probe if it is its turn. pg warns whoever calls `query()` while something waits, and who calls from the
   * callback of the query before cannot know that the probe does.
   */
  sendProbe(): void {
    if (this.queue[0] instanceof Probe) this.#client._pulseQueryQueue();
  }

  get isProbing(): boolean {
    return this.#whenProbed !== undefined;
  }

  /**
   * Calls `done` when the probe that is under way has its answer. pg breaks the connection off where something
   * runs when it ends, and a pooler then does the same with its server connection. Whoever does not answer is not
   * waited for.
   */
  afterProbe(done: () => void): void {
    const late = setTimeout(() => {
      this.#whenProbed = this.#whenProbed?.filter((waiting) => waiting !== answered);
      done();
    }, patience);
    const answered = () => {
      clearTimeout(late);
      // When pg is done with the answer.
      setImmediate(done);
    };
    this.#whenProbed?.push(answered);
  }

  /** Where pg keeps the queries that wait. */
  get queue(): unknown[] {
    return (this.#client._queryQueue ?? this.#client.queryQueue) as unknown[];
  }

  /** The statement of this text cannot be relied upon: whatever failed, its name is not used again. */
  drop(sql: string): void {
    const name = this.#cache.drop(sql);
    if (name !== undefined) this.#leave([name]);
  }

  /** The server connection has not what it should have: names wait until it is time to look again. */
  lost(): void {
    this.#shared.lost();
    const { direct = false, sharesUnnamed = false } = this.#probed ?? {};
    this.#learn(
      { statements: 'lost', direct, sharesUnnamed, schema: undefined },
      performance.now(),
      schemaChanges(),
    );
  }

  /** The schema has changed under a statement. Behind a pooler the same text fails for everybody from now on. */
  outdated(sql: string): void {
    neverName(this.#key(sql, this.#cache.get(sql)?.text ?? sql));
    schemaChanged();
    this.#forget();
  }

  /** On a direct connection nothing in the text tells of which schema it is. */
  #key(sql: string, text: string): string {
    return text === sql ? `${this.#probed?.schema} ${sql}` : text;
  }

  /** No statement is prepared any more, or none that can be used. */
  #forget(): void {
    this.#leave(this.#cache.clear());
  }

  /** These are closed with the next statement that gets a name; pg itself would remember them for ever. */
  #leave(names: readonly string[]): void {
    for (const name of names) delete this.#connection.parsedStatements[name];
    this.#closing.push(...names);
  }

  #isCurrent(): boolean {
    if (this.#changes !== schemaChanges()) return false;
    const schema = this.#probed?.schema;
    const age = schema === undefined ? performance.now() - this.#probedAt : this.#shared.ageOf(schema);
    return age < this.#plan.statementCache.maxAge;
  }

  #keeps(): boolean {
    return this.#plan.naming === 'always' || this.#probed?.statements === 'kept';
  }

  #learn(probed: Probed, at: number, changes: number): void {
    // Statements of another schema, or of a pooler that does not keep them any more.
    if (probed.schema !== this.#probed?.schema) this.#forget();
    if (probed.statements === 'lost') this.#closing = [];
    this.#probed = probed;
    this.#probedAt = at;
    if (probed.schema !== undefined) this.#shared.saw(probed.schema, at);
    this.#changes = changes;
    if (this.#open) this.#shared.found.set(this, probed);
  }
}
