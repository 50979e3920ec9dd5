import { describe, expect, test } from 'vitest';
import { cases } from '../../conformance/src/index.ts';
import { type Effect, effects } from '../src/effects.ts';
import { examine } from '../src/examine.ts';
import { hazards } from '../src/hazards.ts';
import { hazardPage, isHazardCode } from '../src/refusals.ts';

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

  test('its example is safe where it runs', () => {
    for (const sql of row.example?.sql ?? []) {
      const { always, outside, onPool } = examine(sql);
      if (row.example?.runs === 'transaction') expect([always, onPool]).toEqual([[], []]);
      if (row.example?.runs === 'query') expect([always, outside, onPool]).toEqual([[], [], []]);
      if (row.example?.runs === 'session') expect(onPool).toEqual([]);
    }
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

test('of what is right in a transaction only, PostgreSQL says itself what fails outside one', () => {
  const inRows: Effect[] = rows.flatMap(([, row]) => row.effects);
  const left = effects.filter((effect) => effect.startsWith('tx:') && !inRows.includes(effect));
  expect(left).toEqual([
    'tx:cursor',
    'tx:savepoint',
    'tx:lock_table',
    'tx:snapshot',
    'tx:large_object',
    'tx:two_phase',
  ]);
  expect(inRows.filter((effect) => !/^(?:session|tx):/.test(effect))).toEqual([]);
});

test.each(['toString', 'POOLSAFE_CONFIG', '', undefined])('%j is no hazard code', (value) => {
  expect(isHazardCode(value)).toBe(false);
});
