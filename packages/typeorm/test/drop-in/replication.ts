import type { DataSource } from 'typeorm';
import { AuthorSchema } from './entities.ts';
import { optionsOf, rolledBack, type Step, withDataSource } from './lib.ts';

type Replication = { readonly defaultMode?: 'master' | 'slave' };
type Mode = 'master' | 'slave';

/** Who answers: each host has a name of its own. */
const who = 'show application_name';
const asking = async (dataSource: DataSource, mode: Mode) => {
  const runner = dataSource.createQueryRunner(mode);
  const seen = await runner.query(who);
  await runner.release();
  return seen;
};

/** The hosts are reached by the same route, under other names. */
const replicated =
  (own: Replication, applicationName?: string): Step =>
  (lib, route) => {
    const { url, ...options } = optionsOf(route, applicationName ? { applicationName } : {});
    const host = (applicationName: string) => ({ url: url as string, applicationName });
    const replication = { master: host('writer'), slaves: [host('reader'), host('reader')], ...own };
    return withDataSource(lib, { ...options, replication }, async (dataSource) => [
      await dataSource.query(who),
      await asking(dataSource, 'master'),
      await asking(dataSource, 'slave'),
      await dataSource.manager
        .createQueryBuilder()
        .select('current_setting($$application_name$$)', 'who')
        .from(AuthorSchema, 'a')
        .getRawOne(),
      await dataSource.manager.find(AuthorSchema, { order: { id: 'ASC' } }),
      await rolledBack(dataSource, (manager) => manager.save(AuthorSchema, { id: 3, name: 'Cid' })),
      await dataSource.transaction('SERIALIZABLE', (manager) => manager.query(who)),
      await Promise.all(Array.from({ length: 20 }, () => dataSource.manager.countBy(AuthorSchema, {}))),
      await dataSource.runMigrations(),
    ]);
  };

/** One master and two slaves. */
export const replicationSteps: Readonly<Record<string, Step>> = {
  replication: replicated({}),
  'replication, reading from the master': replicated({ defaultMode: 'master' }),
  'replication, one name for all': replicated({}, 'shop'),
};
