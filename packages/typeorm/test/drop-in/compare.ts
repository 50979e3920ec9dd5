import * as poolsafe from '@poolsafe/typeorm';
import * as typeorm from 'typeorm';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../../pg/test/database.ts';
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
  const told: Route = { ...database.direct, name: 'direct, and told so', poolsafe: { pooler: 'direct' } };
  const unknown = without.filter((title) => !steps.has(title));
  if (unknown.length > 0) throw new Error(`There is no step ${unknown.join(', ')}`);
  for (const [title, step] of steps) {
    if (without.includes(title)) continue;
    test(title, async () => {
      const bare = await step(typeorm, database.direct);
      for (const route of [...database.routes, told]) {
        expect(await step(poolsafe as unknown as Lib, route), route.name).toEqual(bare);
      }
    });
  }
}
