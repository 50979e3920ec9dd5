import poolsafe from '@poolsafe/postgres';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../../pg/test/database.ts';
import { setup } from './database.ts';
import { type Difference, differences } from './differences.ts';
import type { Lib, Route, Step } from './lib.ts';
import { fateOfOriginal } from './original.ts';
import { steps } from './steps.ts';

const guarded = poolsafe as unknown as Lib;

/**
 * A test for each step: the same code with `postgres` itself, directly, and with the drop-in over every route, must
 * come to the same, or to what {@link differences} says.
 */
export async function compareWithPostgres(): Promise<void> {
  const database = await openDatabase(inject('servers'), ...setup);
  afterAll(() => database[Symbol.asyncDispose]());
  const unknown = Object.keys(differences).filter((title) => !steps.has(title));
  if (unknown.length > 0) throw new Error(`There is no step ${unknown.join(', ')}`);
  for (const [title, step] of steps) {
    const difference = differences[title];
    if (difference === undefined) test(title, () => same(step, database));
    else test(`${title}: ${difference.reason}`, () => different({ title, step, difference }, database));
  }
}

/** Every way there is to the database: without being told, what is behind the address is not known. */
function routesTo({ direct, routes, told }: Database): readonly Route[] {
  return [told, ...routes.map((route) => ({ ...route, poolsafe: { direct: direct.url } }))];
}

async function same(step: Step, database: Database): Promise<void> {
  const original = await step(postgres, database.direct);
  for (const route of routesTo(database)) expect(await step(guarded, route), route.name).toEqual(original);
}

interface Differing {
  readonly title: string;
  readonly step: Step;
  readonly difference: Difference;
}

async function different(differing: Differing, database: Database): Promise<void> {
  const { step, difference } = differing;
  const original = await originalOf(differing, database);
  // What is no difference any more is not to be listed.
  expect(original, 'the original').not.toEqual(difference.instead);
  for (const route of routesTo(database)) {
    const own = route === database.told && 'direct' in difference ? difference.direct : difference.instead;
    expect(await step(guarded, route), route.name).toEqual(own === 'same' ? original : own);
  }
}

/** What the original gives, where it gives anything. */
async function originalOf({ title, step, difference }: Differing, { direct }: Database): Promise<unknown> {
  const fate = difference.original;
  if (fate === undefined) return step(postgres, direct);
  if (fate === 'varies') return fate;
  if (fate === 'fails') await expect(step(postgres, direct), 'the original').rejects.toThrow();
  else expect(await fateOfOriginal({ title, route: direct }), 'the original').toBe(fate);
  return fate;
}
