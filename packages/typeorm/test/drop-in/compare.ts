import * as poolsafe from '@poolsafe/typeorm';
import * as typeorm from 'typeorm';
import { afterAll, inject } from 'vitest';
import { comparisonOf } from '../../../pg/test/comparing.ts';
import { openDatabase } from '../../../pg/test/database.ts';
import { setup } from './entities.ts';
import { featureSteps } from './features.ts';
import { type Lib, optionsOf, type Step, withDataSource } from './lib.ts';
import { lifeSteps } from './lives.ts';
import { migrationSteps } from './migrations.ts';
import { optionSteps } from './options.ts';
import { replicationSteps } from './replication.ts';
import { repositories } from './repositories.ts';
import { runners } from './runners.ts';

const usual = { ...repositories, ...runners };

const steps: ReadonlyMap<string, Step> = new Map([
  ...Object.entries(usual).map(([title, use]): [string, Step] => [
    title,
    (lib, route) => withDataSource(lib, optionsOf(route), use),
  ]),
  ...Object.entries({
    ...optionSteps,
    ...featureSteps,
    ...lifeSteps,
    ...migrationSteps,
    ...replicationSteps,
  }),
]);

/**
 * A test for each step: the same code with TypeORM itself, directly, and with the drop-in over every route, must
 * come to the same. `without` names the steps that this version of TypeORM cannot do.
 */
export async function compareWithTypeorm(without: readonly string[] = []): Promise<void> {
  const database = await openDatabase(inject('servers'), ...setup);
  afterAll(() => database[Symbol.asyncDispose]());
  const routes = [...database.routes, database.told];
  const guarded = poolsafe as unknown as Lib;
  comparisonOf<Lib>({ bare: typeorm, guarded, database, routes }).sameSteps(steps, without);
}
