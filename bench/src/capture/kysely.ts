import { type Generated, Kysely, PostgresDialect, sql } from 'kysely';
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { Scenario } from '../capture.ts';

type Tables = {
  person: { id: Generated<number>; name: string; role: string | null; settings: string | null };
  post: { id: Generated<number>; title: string; author_id: number | null };
};

type Database = Kysely<Tables>;

export const kysely: Scenario = async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const db: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ first: { up, down } }) } });
  await migrator.migrateToLatest();
  await writes(db);
  await reads(db);
  await transactions(db);
  await db.introspection.getTables();
  await migrator.migrateDown();
  await db.destroy();
};

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('person')
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('name', 'varchar', (column) => column.notNull().unique())
    .addColumn('role', 'varchar', (column) => column.defaultTo('user'))
    .addColumn('settings', 'jsonb')
    .execute();
  await db.schema
    .createTable('post')
    .ifNotExists()
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('author_id', 'integer', (column) => column.references('person.id').onDelete('set null'))
    .addCheckConstraint('titled', sql`title <> ''`)
    .execute();
  await db.schema
    .createIndex('post_author')
    .on('post')
    .column('author_id')
    .where('author_id', 'is not', null)
    .execute();
  await db.schema.alterTable('post').addColumn('body', 'text').execute();
  await db.schema
    .alterTable('post')
    .alterColumn('body', (column) => column.setDefault(''))
    .execute();
  await db.schema.alterTable('post').dropColumn('body').execute();
  await db.schema
    .createView('titles')
    .orReplace()
    .as(db.withTables<Tables>().selectFrom('post').select('title'))
    .execute();
  await db.schema.createType('mood').asEnum(['good', 'bad']).execute();
  await db.schema.createTable('draft').temporary().onCommit('drop').addColumn('id', 'integer').execute();
}

async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropView('titles').execute();
  await db.schema.dropType('mood').ifExists().execute();
  await db.schema.dropTable('post').cascade().execute();
  await db.schema.dropTable('person').ifExists().execute();
}

async function writes(db: Database): Promise<void> {
  await db.insertInto('person').values({ name: 'Ada', role: 'set' }).returningAll().executeTakeFirst();
  await db
    .insertInto('person')
    .values([{ name: 'Bob' }, { name: 'Cyd' }])
    .onConflict((oc) => oc.doNothing())
    .execute();
  await db
    .insertInto('person')
    .values({ name: 'Bob' })
    .onConflict((oc) => oc.column('name').doUpdateSet({ role: 'x' }))
    .returning('id')
    .execute();
  await db
    .insertInto('post')
    .columns(['title', 'author_id'])
    .expression((eb) => eb.selectFrom('person').select(['name', 'id']))
    .execute();
  await db
    .updateTable('person')
    .set({ role: 'admin' })
    .where('id', '=', 1)
    .returning(['id', 'role'])
    .execute();
  await db
    .updateTable('post as p')
    .from('person')
    .set((eb) => ({ title: eb.ref('person.name') }))
    .whereRef('p.author_id', '=', 'person.id')
    .execute();
  await db
    .mergeInto('post as target')
    .using('person as source', 'source.id', 'target.author_id')
    .whenMatched()
    .thenUpdateSet({ title: 'm' })
    .whenNotMatched()
    .thenDoNothing()
    .execute();
  await db
    .deleteFrom('post')
    .using('person')
    .whereRef('person.id', '=', 'post.author_id')
    .where('person.name', '=', 'none')
    .returningAll('post')
    .execute();
  await db
    .with('gone', (qb) => qb.deleteFrom('post').where('id', '>', 100).returning('id'))
    .selectFrom('gone')
    .selectAll()
    .execute();
}

async function reads(db: Database): Promise<void> {
  const people = db.selectFrom('person');
  await people
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', 1), eb('role', 'in', ['a', 'b'])]))
    .orderBy('id', 'desc')
    .limit(10)
    .offset(5)
    .execute();
  await people
    .select(['role', (eb) => eb.fn.countAll().as('n')])
    .groupBy('role')
    .having((eb) => eb.fn.count('id'), '>', 0)
    .execute();
  await people
    .innerJoin('post', 'post.author_id', 'person.id')
    .leftJoin('post as p2', (join) => join.onRef('p2.id', '=', 'post.id').on('p2.title', 'like', 'a%'))
    .select(['person.name', 'post.title'])
    .distinctOn('person.id')
    .execute();
  await people
    .select((eb) => [
      'id',
      jsonArrayFrom(eb.selectFrom('post').select('title').whereRef('post.author_id', '=', 'person.id')).as(
        'posts',
      ),
    ])
    .execute();
  await db
    .selectFrom('post')
    .select((eb) => [
      jsonObjectFrom(eb.selectFrom('person').select('name').whereRef('person.id', '=', 'post.author_id')).as(
        'author',
      ),
    ])
    .execute();
  await people
    .select((eb) => [
      eb.case().when('role', '=', 'set').then(1).else(2).end().as('kind'),
      eb.fn
        .sum('id')
        .over((ob) => ob.partitionBy('role'))
        .as('total'),
    ])
    .execute();
  await people.select('id').union(db.selectFrom('post').select('id')).execute();
  await db
    .withRecursive('n(id)', (qb) =>
      qb
        .selectFrom('person')
        .select('id')
        .unionAll(qb.selectFrom('n').select('id').where('id', '>', 1000)),
    )
    .selectFrom('n')
    .selectAll()
    .execute();
  await people
    .innerJoinLateral(
      (eb) =>
        eb.selectFrom('post').select('title').whereRef('author_id', '=', 'person.id').limit(1).as('last'),
      (join) => join.onTrue(),
    )
    .selectAll()
    .execute();
  await people
    .selectAll()
    .where(({ exists, selectFrom }) => exists(selectFrom('post').select('id')))
    .explain('json', sql`analyze`);
}

async function transactions(db: Database): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((trx) => trx.selectFrom('person').selectAll().execute());
  await db.transaction().execute(async (trx) => {
    await trx.selectFrom('person').selectAll().forUpdate().skipLocked().execute();
    await trx.selectFrom('person').selectAll().forNoKeyUpdate().noWait().execute();
    await sql`select set_config('app.tenant', ${'1'}, true)`.execute(trx);
  });
  const trx = await db.startTransaction().execute();
  const saved = await trx.savepoint('here').execute();
  await saved.insertInto('post').values({ title: 'gone' }).execute();
  await saved.rollbackToSavepoint('here').execute();
  await saved.releaseSavepoint('here').execute();
  await trx.rollback().execute();
  await db.connection().execute((one) => sql`select ${1}::int`.execute(one));
}
