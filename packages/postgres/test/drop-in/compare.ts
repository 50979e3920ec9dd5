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
const told = 'direct, and told so';

/** What another version of postgres.js needs. */
export interface Version {
  /** Other differences with this version; `undefined` for one that is not there. */
  readonly more?: Readonly<Record<string, Difference | undefined>>;
  /** A module that a process loads first to get this version. */
  readonly first?: string;
  /** Titles of steps that this version does not come through. */
  readonly without?: readonly string[];
}

/**
 * A test for each step: the same code with `postgres` itself, directly, and with the drop-in over every route, must
 * come to the same, or to what {@link differences} says.
 */
export async function compareWithPostgres({ more = {}, first, without = [] }: Version = {}): Promise<void> {
  const database = await openDatabase(inject('servers'), ...setup);
  afterAll(() => database[Symbol.asyncDispose]());
  const wanted: Readonly<Record<string, Difference | undefined>> = { ...differences, ...more };
  const unknown = Object.keys(wanted).filter((title) => !steps.has(title));
  if (unknown.length > 0) throw new Error(`There is no step ${unknown.join(', ')}`);
  for (const [title, step] of steps) {
    if (without.includes(title)) continue;
    const difference = wanted[title];
    if (difference === undefined) test(title, () => same(step, database));
    else
      test(`${title}: ${difference.reason}`, () => different({ title, step, first, difference }, database));
  }
}

/** Every way there is to the database: without being told, what is behind the address is not known. */
function routesTo({ direct, routes }: Database): readonly Route[] {
  return [
    { ...direct, name: told, poolsafe: { pooler: 'direct' } },
    ...routes.map((route) => ({ ...route, poolsafe: { direct: direct.url } })),
  ];
}

async function same(step: Step, database: Database): Promise<void> {
  const original = await step(postgres, database.direct);
  for (const route of routesTo(database)) expect(await step(guarded, route), route.name).toEqual(original);
}

interface Differing {
  readonly title: string;
  readonly step: Step;
  readonly first: string | undefined;
  readonly difference: Difference;
}

async function different({ title, step, first, difference }: Differing, database: Database): Promise<void> {
  const original = await originalOf({ title, step, first, difference }, database);
  // What is no difference any more is not to be listed.
  expect(original, 'the original').not.toEqual(difference.instead);
  for (const route of routesTo(database)) {
    const own = route.name === told && 'direct' in difference ? difference.direct : difference.instead;
    expect(await step(guarded, route), route.name).toEqual(own === 'same' ? original : own);
  }
}

/** What the original gives, where it gives anything. */
async function originalOf(
  { title, step, first, difference }: Differing,
  { direct }: Database,
): Promise<unknown> {
  const fate = difference.original;
  if (fate === undefined) return step(postgres, direct);
  if (fate === 'varies') return fate;
  if (fate === 'fails') await expect(step(postgres, direct), 'the original').rejects.toThrow();
  else expect(await fateOfOriginal({ title, route: direct, first }), 'the original').toBe(fate);
  return fate;
}
