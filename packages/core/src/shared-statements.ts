import { randomBytes } from 'node:crypto';
import type { Probed } from './probe.ts';
import { SeenTexts } from './statements.ts';

/**
 * What the connections of one pool have in common: what each has found, and how old that is.
 *
 * ```ts
 * const shared = new SharedStatements()
 * shared.saw(probed.schema, performance.now())
 * shared.ageOf(probed.schema) // milliseconds
 * ```
 */
export class SharedStatements {
  readonly seen: SeenTexts = new SeenTexts();
  /** What each open connection has found. */
  readonly found: Map<object, Probed> = new Map();
  /** Set after statements were lost: the texts that the pooler knows may be gone for all of its clients. */
  trouble = '';
  /** When a connection of the pool last saw each schema, and when one last set out to look. */
  readonly #schemas = new Map<string, { seen: number; asked: number }>();

  /** Statements were lost: from now on texts are others, and are parsed anew. */
  lost(): void {
    this.trouble = `.${randomBytes(4).toString('hex')}`;
  }

  /** Somebody saw that this is the schema. */
  saw(schema: string, at: number): void {
    this.#schemas.delete(schema);
    this.#schemas.set(schema, { seen: at, asked: at });
    for (const oldest of this.#schemas.keys()) {
      if (this.#schemas.size <= mostSchemas) break;
      this.#schemas.delete(oldest);
    }
  }

  /** How long ago that was. Milliseconds. */
  ageOf(schema: string): number {
    return performance.now() - (this.#schemas.get(schema)?.seen ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether whoever asks is to look if that is still the schema, for all: in time, so that nobody has to wait for it. */
  isDue(schema: string, maxAge: number): boolean {
    const known = this.#schemas.get(schema);
    const now = performance.now();
    if (known === undefined || now - known.seen < maxAge / 2 || now - known.asked < maxAge / 4) return false;
    known.asked = now;
    return true;
  }
}

/** Of more only a few are the schema at the same time: replicas, while they catch up. */
const mostSchemas = 10;
