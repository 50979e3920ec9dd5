import { describe, expect, test } from 'vitest';
import { type Fact, isPoolerName, poolers } from '../src/poolers.ts';

const facts = ['session', 'statements', 'startup', 'startupOptions', 'errors'] as const;
const rows = Object.entries(poolers);

describe.each(rows)('%s', (name, row) => {
  test('is complete', () => {
    expect(row.name).toBe(name);
    expect(row.title).not.toBe('');
    expect(Object.keys(row).sort()).toEqual(['name', 'title', ...facts].sort());
    expect(['kept', 'lost', 'pinned']).toContain(row.session.value);
    expect(['kept', 'lost', 'pinned', 'depends']).toContain(row.statements.value);
  });

  test.each(facts)('%s has a source, and the version it was run on or false', (key) => {
    const { value, source, verified }: Fact<unknown> = row[key];
    expect(value).not.toBe('');
    expect(source.length).toBeGreaterThan(5);
    expect(verified === false || /^\d+\.\d+(\.\d+)?$/.test(verified)).toBe(true);
    if (verified === false) expect(source).not.toContain('conformance run');
  });

  test('startup names are lower case, and options name settings only where the login may carry them', () => {
    const { startup, startupOptions } = row;
    if (startup.value === 'any' || startupOptions.value === 'any') {
      expect([startup.value, startupOptions.value]).toEqual(['any', 'any']);
      return;
    }
    const names = [...startup.value, ...startupOptions.value];
    expect(names).toEqual(names.map((one) => one.toLowerCase()));
    expect(startupOptions.value.length > 0).toBe(startup.value.includes('options'));
  });
});

test('an unknown pooler keeps no more than any other', () => {
  const { session, statements, startup } = poolers.unknown;
  expect([session.value, statements.value]).toEqual(['lost', 'lost']);
  for (const [, row] of rows.filter(([, { startup }]) => startup.value !== 'any')) {
    expect(row.startup.value).toEqual(expect.arrayContaining([...startup.value]));
  }
});

test.each(['toString', '', 'PgBouncer', undefined, 1])('%j is no pooler', (value) => {
  expect(isPoolerName(value)).toBe(false);
});
