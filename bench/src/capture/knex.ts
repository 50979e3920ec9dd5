import knexOf, { type Knex } from 'knex';
import type { Scenario } from '../capture.ts';

export const knex: Scenario = async (url) => {
  const db = knexOf({
    client: 'pg',
    connection: url,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource },
  });
  await db.migrate.latest();
  await writes(db);
  await reads(db);
  await transactions(db);
  await db.migrate.rollback();
  await db.destroy();
};

const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => ['first'],
  getMigrationName: (name) => name,
  getMigration: async () => ({ up, down }),
};

async function up(db: Knex): Promise<void> {
  await db.schema.createTable('person', (table) => {
    table.increments('id');
    table.string('name').notNullable().unique();
    table.string('role').defaultTo('user').index();
    table.jsonb('settings');
    table.enu('mood', ['good', 'bad']);
    table.timestamps(true, true);
  });
  await db.schema.createTable('post', (table) => {
    table.uuid('id').primary().defaultTo(db.raw('gen_random_uuid()'));
    table.text('title').comment('set x = 1');
    table.integer('author_id').references('person.id').onDelete('SET NULL');
  });
  await db.schema.alterTable('post', (table) => {
    table.text('body');
    table.setNullable('title');
    table.renameColumn('body', 'content');
    table.index(['author_id', 'title'], 'post_both');
  });
  await db.schema.createView('titles', (view) => view.as(db('post').select('title')));
  await db.schema.hasTable('post');
  await db.schema.hasColumn('post', 'title');
  await db('post').columnInfo();
}

async function down(db: Knex): Promise<void> {
  await db.schema.dropView('titles');
  await db.schema.dropTableIfExists('post');
  await db.schema.dropTable('person');
}

async function writes(db: Knex): Promise<void> {
  await db('person')
    .insert([{ name: 'Ada', role: 'set' }, { name: 'Bob' }])
    .returning(['id', 'name']);
  await db('person').insert({ name: 'Bob' }).onConflict('name').ignore();
  await db('person')
    .insert({ name: 'Bob' })
    .onConflict('name')
    .merge({ role: 'x' })
    .where('person.id', '>', 0);
  await db('post')
    .insert(db('person').select('name as title', 'id as author_id'))
    .into(db.raw('post (title, author_id)'));
  await db.batchInsert(
    'post',
    [1, 2, 3, 4].map((n) => ({ title: `Post ${n}`, author_id: 1 })),
    2,
  );
  await db('person').where({ id: 1 }).update({ role: 'admin' }).returning('*');
  await db('person').where('name', 'none').increment('id', 100);
  await db('post').whereIn('title', ['a', 'b']).del();
  await db('post').updateFrom('person').where('post.author_id', db.ref('person.id')).update({ title: 'x' });
}

async function reads(db: Knex): Promise<void> {
  const people = () => db('person');
  await people()
    .where((qb) => qb.where('id', 1).orWhereIn('role', ['a', 'b']))
    .orderBy('id', 'desc')
    .limit(10)
    .offset(5);
  await people().first('id').whereNotNull('name').andWhereILike('name', 'a%');
  await people()
    .join('post', 'post.author_id', 'person.id')
    .leftJoin('post as p2', 'p2.id', 'post.id')
    .select('person.name')
    .distinct();
  await people().select('role').count('* as n').sum('id').groupBy('role').havingRaw('count(*) > ?', [0]);
  await people()
    .with('recent', db('post').where('title', '<>', ''))
    .select('*')
    .from('recent');
  await people()
    .withRecursive(
      'n',
      ['id'],
      db('person')
        .select('id')
        .unionAll(db('n').select('id').where('id', '>', 1000)),
    )
    .from('n');
  await people()
    .whereExists(db('post').select(db.raw(1)).whereRaw('post.author_id = person.id'))
    .pluck('id');
  await people().select(
    'id',
    db('post').count('*').whereRaw('author_id = person.id').as('posts'),
    db.raw("'set x = 1;' as text"),
  );
  await people()
    .rowNumber('n', (qb) => qb.orderBy('id').partitionBy('role'))
    .distinctOn('role');
  await people().whereJsonPath('settings', '$.a', '=', 1).whereBetween('id', [1, 2]);
  await people()
    .select('id')
    .union([db('person').select('id')], true)
    .intersect(db('person').select('id'));
  await db.raw('select ?::int as one', [1]);
}

async function transactions(db: Knex): Promise<void> {
  await db.transaction(
    async (trx) => {
      await trx('person').where('id', 1).forUpdate().skipLocked();
      await trx('person').forShare().noWait();
      await trx.transaction((inner) => inner('post').insert({ title: 'inner' }));
      await trx.transaction(() => Promise.reject(new Error('inner'))).catch(() => {});
      await trx.raw("select set_config('app.tenant', ?, true)", ['1']);
    },
    { isolationLevel: 'repeatable read' },
  );
  await db.transaction(async (trx) => trx('person').select(), { readOnly: true });
  await db.transaction(() => Promise.reject(new Error('outer'))).catch(() => {});
}
