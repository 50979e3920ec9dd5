import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../src/classify.ts';
import { effects } from '../src/effects.ts';
import { cases } from './classify-cases.ts';
import { traps } from './classify-traps.ts';
import { disagreement, parse, verdictOf } from './oracle.ts';
import { blank, script } from './sql/generate.ts';
import { isQuery, neighbours, respelled, type Spelling, shapeOf, wrappers } from './sql/rewrite.ts';

/** The libpg-query parser takes no empty text. */
const texts = [...cases.flatMap(([, statements]) => statements), ...traps].filter((sql) => sql !== '');

const queries = texts.filter((sql) => isQuery(parse(sql) ?? {}));

/** The same texts in every run, unless another seed is asked for; a failure prints the seed and the smallest text. */
const seed = Number(process.env.SQL_SEED ?? 1);
const times = Number(process.env.SQL_TIMES ?? 1);
const runs = (numRuns: number) => ({ seed, numRuns: numRuns * times });

const minute = { timeout: 60_000 * times };

describe('the parser of PostgreSQL agrees', () => {
  test.each(texts)('%s', (sql) => {
    const verdict = verdictOf(sql);
    expect(verdict).toBeDefined();
    expect(verdict && disagreement(classify(sql), verdict)).toBe('');
  });

  test('on random statements, and takes nearly all of them', minute, () => {
    const seen = new Set<string>();
    const rejected: string[] = [];
    const { numRuns } = runs(30_000);
    const property = fc.property(script, (sql) => {
      const verdict = verdictOf(sql);
      if (verdict === undefined) return void rejected.push(sql);
      for (const effect of verdict.must) seen.add(effect);
      expect(disagreement(classify(sql), verdict), sql).toBe('');
    });
    fc.assert(property, runs(30_000));
    expect(effects.filter((effect) => !seen.has(effect))).toEqual([]);
    expect(rejected.length).toBeLessThan(numRuns / 20);
  });
});

describe('the answer does not change with', () => {
  const spelling: fc.Arbitrary<Spelling> = fc.record({
    before: blank,
    letters: fc.constantFrom('same', 'upper', 'lower', 'quoted'),
  });
  const spellings = fc.array(spelling, { minLength: 1, maxLength: 20 });

  test('comments, white space, case and quoting', minute, () => {
    let same = 0;
    const property = fc.property(fc.constantFrom(...texts), spellings, (sql, list) => {
      const other = respelled(sql, list);
      const tree = parse(other);
      if (tree === undefined || shapeOf(tree) !== shapeOf(parse(sql) ?? {})) return;
      same += 1;
      expect(classify(other), other).toEqual(classify(sql));
    });
    const { numRuns } = runs(15_000);
    fc.assert(property, runs(15_000));
    expect(same).toBeGreaterThan(numRuns * 0.9);
  });

  test('what a query stands in', minute, () => {
    let parsed = 0;
    const around = fc.array(fc.constantFrom(...wrappers), { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.constantFrom(...queries), around, (sql, list) => {
      const other = list.reduce((inner, [before, after]) => before + inner + after, sql);
      if (parse(other) === undefined) return;
      parsed += 1;
      expect(classify(other), other).toEqual(classify(sql));
    });
    const { numRuns } = runs(15_000);
    fc.assert(property, runs(15_000));
    expect(parsed).toBeGreaterThan(numRuns * 0.3);
  });

  test('the statements before and after', minute, () => {
    const neighbour = fc.constantFrom(...neighbours);
    const property = fc.property(fc.constantFrom(...texts), neighbour, neighbour, (sql, before, after) => {
      const other = `${before}\n${sql}\n;${after}`;
      expect(classify(other), other).toEqual(classify(sql));
    });
    fc.assert(property, runs(15_000));
  });
});

describe('any text has an answer', () => {
  const answers = (sql: string) => {
    const found = classify(sql);
    expect(found, JSON.stringify(sql)).toEqual(effects.filter((effect) => found.includes(effect)));
  };
  const text = fc.constantFrom(...texts);

  test('bytes and characters of any kind', minute, () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((list) => String.fromCharCode(...list));
    const any = fc.oneof(
      bytes,
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(fc.property(any, answers), runs(20_000));
    fc.assert(
      fc.property(text, any, (sql, tail) => answers(sql + tail)),
      runs(10_000),
    );
  });

  test('statements cut and joined anywhere', minute, () => {
    const cut = fc.tuple(text, fc.nat(120), fc.nat(120)).map(([sql, from, to]) => sql.slice(from, to));
    const code = fc.nat(0xffffff).map((point) => point.toString(16).padStart(6, '0'));
    const escaped = code.map((point) => `U&"\\+${point}" set_config(a, b, E'\\U00${point}')`);
    const pieces = fc.array(
      fc.oneof(cut, escaped, fc.constantFrom(...'\'"$;()[]\\@-/*:,.& \n', 'U&"', "E'", '$a$')),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(
        pieces.map((list) => list.join('')),
        answers,
      ),
      runs(20_000),
    );
  });
});
