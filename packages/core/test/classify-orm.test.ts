import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { classify } from '../src/classify.ts';
import { disagreement, verdictOf } from './oracle.ts';

const folder = fileURLToPath(new URL('sql', import.meta.url));

const orms = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file): [string, string[]] => [
    basename(file, '.json'),
    JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')),
  ]);

/** All that an ORM sends on one connection and means for it: locks around migrations, LISTEN. */
const forSessions: Readonly<Record<string, readonly string[]>> = {
  'drizzle-postgres-js': ['listen "jobs"', 'unlisten "jobs"'],
  kysely: [
    expect.stringContaining('select pg_advisory_lock(3853314791062309107)'),
    'select pg_advisory_unlock(3853314791062309107)',
  ],
};

test('there is SQL of each', () => {
  const names = ['drizzle-node-postgres', 'drizzle-postgres-js', 'knex', 'kysely', 'prisma', 'typeorm'];
  expect(orms.map(([name]) => name)).toEqual(names);
});

describe.each(orms)('what %s sends', (name, texts) => {
  test('is read as PostgreSQL reads it', () => {
    const verdicts = texts.map((sql) => [sql, verdictOf(sql)] as const);
    const wrong = verdicts.flatMap(([sql, verdict]) => {
      const difference = verdict === undefined ? 'not SQL' : disagreement(classify(sql), verdict);
      return difference === '' ? [] : [`${difference}: ${sql}`];
    });
    expect(wrong).toEqual([]);
  });

  test('has begin, commit, and nothing for one session but what is known', () => {
    const all = new Set(texts.flatMap((sql) => classify(sql)));
    expect(all).toContain('tx:control');
    const session = texts.filter((sql) => classify(sql).some((effect) => effect.startsWith('session:')));
    expect(session).toEqual(forSessions[name] ?? []);
  });
});
