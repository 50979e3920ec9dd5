import * as poolsafe from '@poolsafe/pg';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { comparisonOf, type Step as StepOf } from '../comparing.ts';
import { openDatabase } from '../database.ts';
import { type Lib, withClient, withPool } from './lib.ts';
import { lives } from './lives.ts';
import { clientForms, queryForms } from './query-forms.ts';
import { submittables } from './submittables.ts';
import { transactions } from './transactions.ts';

type Step = StepOf<Lib>;

const inForm = <T>(table: Record<string, T>, title: string, stepOf: (one: T) => Step) =>
  Object.entries(table).map(([name, one]): [string, Step] => [`${title} | ${name}`, stepOf(one)]);

const steps: ReadonlyMap<string, Step> = new Map([
  ...inForm(queryForms, 'client.query', (form) => (lib, route) => withClient(lib, route, form)),
  ...inForm(queryForms, 'pool.query', (form) => (lib, route) => withPool(lib, route, form)),
  ...inForm(clientForms, 'client', (form) => (lib, route) => withClient(lib, route, form)),
  ...inForm(
    submittables,
    'client',
    (step) => (lib, route) => withClient(lib, route, (client) => step(client, lib)),
  ),
  ...inForm(
    transactions,
    'a transaction',
    (step) => (lib, route) => withClient(lib, route, (client) => step(client, lib)),
  ),
  ...Object.entries(lives),
]);

/**
 * A test for each step: the same code with `pg` itself, directly, and with the drop-in over every route, must
 * come to the same. `without` names the steps that this version of pg cannot do.
 */
export async function compareWithPg(without: readonly string[] = []): Promise<void> {
  const database = await openDatabase(
    inject('servers'),
    'create table item (id int primary key, name text not null unique)',
    "insert into item values (1, 'one'), (2, 'two'), (3, 'three')",
  );
  afterAll(() => database[Symbol.asyncDispose]());
  const routes = [...database.routes, database.told];
  const guarded = poolsafe as unknown as Lib;
  comparisonOf<Lib>({ bare: pg, guarded, database, routes }).sameSteps(steps, without);
}
