import { describe, expect, test } from 'vitest';
import { cases } from '../../conformance/src/index.ts';
import { type Effect, effects } from '../src/effects.ts';
import { hazardOf, hazardPage, hazards, isHazardCode } from '../src/hazards.ts';

const rows = Object.entries(hazards);

describe.each(rows)('%s', (code, row) => {
  test('is complete', () => {
    expect(row.code).toBe(code);
    expect(code).toMatch(/^POOLSAFE_[A-Z_]+$/);
    for (const text of [row.title, row.why, row.consequence, row.fix, row.source]) {
      expect(text).toMatch(/^\S.*[^\s.]$/);
    }
    expect(hazardPage(row.code)).toBe(`docs/hazards/${code}.md`);
  });

  test('its source is conformance cases that exist, or says that it was not run', () => {
    const [, ids] = /^conformance: (.+)$/.exec(row.source) ?? [];
    if (ids === undefined) return expect(row.source).toMatch(/; not run$/);
    for (const id of ids.split(', ')) {
      const pattern = new RegExp(`^${id.replace('*', '.+')}$`);
      expect(cases.map((one) => one.id)).toContainEqual(expect.stringMatching(pattern));
    }
  });
});

test.each(effects.filter((effect) => effect.startsWith('session:')))(
  '%s is in exactly one hazard',
  (effect) => {
    expect(rows.filter(([, row]) => row.effects.includes(effect))).toHaveLength(1);
  },
);

test('no other effect is a hazard', () => {
  const inRows: Effect[] = rows.flatMap(([, row]) => row.effects);
  expect(inRows.filter((effect) => !effect.startsWith('session:'))).toEqual([]);
});

test('hazardOf finds the row of an effect', () => {
  expect(hazardOf('session:listen')).toBe(hazards.POOLSAFE_LISTEN);
  expect(hazardOf('tx:control')).toBeUndefined();
});

test.each(['toString', 'POOLSAFE_CONFIG', '', undefined])('%j is no hazard code', (value) => {
  expect(isHazardCode(value)).toBe(false);
});
