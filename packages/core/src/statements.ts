import { createHash } from 'node:crypto';
import { isPlain } from './classify.ts';

/** How statements are named; the defaults are those of {@link PoolsafeOptions.statementCache}. */
export interface StatementCacheOptions {
  /** Statements that one connection keeps prepared; the one that was used longest ago gives way. Default 200. */
  readonly size?: number | undefined;
  /** With which execution in this process a text gets a name. Default 2. */
  readonly threshold?: number | undefined;
  /** Milliseconds for which a connection relies on what it knows of pooler and schema. Default 60,000. */
  readonly maxAge?: number | undefined;
}

/** Longer texts are mostly lists of values, no two of them alike. Characters. */
const longest = 16_384;

/**
 * Whether a text may be prepared under a name: one statement that reads or writes rows and does nothing else, so
 * that it means the same under a name.
 *
 * ```ts
 * isRepeatable('select * from notes where id = $1') // true
 * isRepeatable('show server_version') // false
 * ```
 */
export function isRepeatable(sql: string): boolean {
  return sql.length <= longest && isPlain(sql);
}

/** A prepared statement of one connection. */
export interface PreparedStatement {
  readonly name: string;
  /** What is sent to the server: the text, where a pooler shares it with a comment that differs when the schema does. */
  readonly text: string;
}

/**
 * The statements that one connection has prepared, the latest used last. A name holds the hash of its text, and is
 * never used twice on a connection: after a failed Parse, PgBouncer refuses the same name with any text.
 */
export class StatementCache {
  readonly #size: number;
  readonly #known = new Map<string, PreparedStatement>();
  #named = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#known.size;
  }

  /** The statement for a text, if it is prepared. */
  get(sql: string): PreparedStatement | undefined {
    const statement = this.#known.get(sql);
    if (statement !== undefined) {
      this.#known.delete(sql);
      this.#known.set(sql, statement);
    }
    return statement;
  }

  /** Makes a statement for a text, to be sent as `text`, and says which ones have to be closed for it. */
  add(
    sql: string,
    text: string = sql,
  ): { readonly statement: PreparedStatement; readonly evicted: string[] } {
    this.#named += 1;
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const statement = { name: `poolsafe_${hash}_${this.#named.toString(36)}`, text };
    this.#known.set(sql, statement);
    const evicted: string[] = [];
    for (const [oldest, { name }] of this.#known) {
      if (this.#known.size <= this.#size) break;
      this.#known.delete(oldest);
      evicted.push(name);
    }
    return { statement, evicted };
  }

  /** Forgets one, and says what it was called. */
  drop(sql: string): string | undefined {
    const name = this.#known.get(sql)?.name;
    this.#known.delete(sql);
    return name;
  }

  /** Forgets all, and says what they were called. */
  clear(): string[] {
    const names = [...this.#known.values()].map(({ name }) => name);
    this.#known.clear();
    return names;
  }
}

/** Texts in each of two generations of {@link SeenTexts}, and characters of all of them. */
const generation = { texts: 2000, characters: 2_000_000 };

/** Counts executions of the texts of a process that may get a name, of some thousand and some megabytes at most. */
export class SeenTexts {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #characters = 0;

  /** How often a text was executed, this time included. */
  count(sql: string): number {
    const times = (this.#young.get(sql) ?? this.#old.get(sql) ?? 0) + 1;
    if (!this.#young.has(sql)) {
      if (this.#young.size >= generation.texts || this.#characters >= generation.characters) {
        this.#old = this.#young;
        this.#young = new Map();
        this.#characters = 0;
      }
      this.#characters += sql.length;
    }
    this.#young.set(sql, times);
    return times;
  }
}
