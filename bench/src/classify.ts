import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { classify } from '@poolsafe/core';
import { median } from './pairs.ts';
import { amount, table } from './table.ts';

/** What reading SQL costs, in statements per second and in milliseconds per megabyte; medians. */
export interface Classified {
  readonly orms: readonly {
    readonly name: string;
    readonly texts: number;
    /** Each text seen for the first time. */
    readonly first: number;
    /** Each text seen before. */
    readonly again: number;
  }[];
  /** Texts that have to be read to their end. */
  readonly long: readonly { readonly megabytes: number; readonly msPerMegabyte: number }[];
}

const folder = new URL('../../packages/core/test/sql/', import.meta.url);
const blanks = [' ', '\n', '\t', '\r'];
const variants = 256;

/** Reads what ORMs send, `rounds` times in turn. */
export function benchClassify(rounds: number): Classified {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const sets = files.map((file) => {
    const texts: string[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    return { name: basename(file, '.json'), texts, first: [] as number[], again: [] as number[] };
  });
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { texts, first, again } of sets) {
      const fresh = Array.from({ length: variants }, (_, n) => texts.map((sql) => prefix(n) + sql)).flat();
      const speeds = [
        perSecond(fresh),
        perSecond(Array.from({ length: variants }, () => texts).flat()),
      ] as const;
      if (round === 0) continue;
      first.push(speeds[0]);
      again.push(speeds[1]);
    }
  }
  const orms = sets.map(({ name, texts, first, again }) => {
    return { name, texts: texts.length, first: median(first), again: median(again) };
  });
  return { orms, long: [1, 2, 4, 8].map((megabytes) => long(megabytes, rounds)) };
}

export function showClassified({ orms, long }: Classified): string {
  const speeds = orms.map(({ name, texts, first, again }) => {
    return [name, String(texts), amount(first), amount(again)];
  });
  const sizes = long.map(({ megabytes, msPerMegabyte }) => [`${megabytes} MB`, amount(msPerMegabyte, 1)]);
  return [
    table(['What it sends', 'texts', '/s at first sight', '/s when remembered'], speeds),
    table(['A text of', 'ms per MB'], sizes),
  ].join('\n\n');
}

/** White space that makes a text one that no memory knows: more texts than are remembered come between. */
function prefix(n: number): string {
  return [n, n >> 2, n >> 4, n >> 6].map((digit) => blanks[digit & 3]).join('');
}

function perSecond(texts: readonly string[]): number {
  const started = performance.now();
  for (const text of texts) classify(text);
  return (texts.length / (performance.now() - started)) * 1000;
}

function long(megabytes: number, rounds: number): Classified['long'][number] {
  const row = "(1, 'it''s', $$a$$, \"b\", now()), ";
  const text = `INSERT INTO t VALUES ${row.repeat((megabytes * 2 ** 20) / row.length)} (lastval())`;
  const times = Array.from({ length: rounds }, () => 1000 / perSecond([text]) / megabytes);
  return { megabytes, msPerMegabyte: median(times) };
}
