import type { DataSource, EntityManager } from 'typeorm';
import { AuthorSchema, type Book, BookSchema } from './entities.ts';
import { failure, rolledBack } from './lib.ts';

const byId = { order: { id: 'ASC' } } as const;
const books = (manager: EntityManager) => manager.getRepository<Book>('book');

/** What an application does with repositories and query builders. Each leaves the rows as they were. */
export const repositories: Readonly<Record<string, (dataSource: DataSource) => Promise<unknown>>> = {
  find: ({ manager }) => manager.find(BookSchema, byId),
  'find, with relations': ({ manager }) =>
    manager.find(AuthorSchema, { relations: { books: true }, ...byId }),
  'find, with where, take and skip': ({ manager }) =>
    manager.findAndCount(BookSchema, { where: { author: { name: 'Ada' } }, ...byId, skip: 1, take: 1 }),
  'findOne, exists and counts': async ({ manager }) => [
    await manager.findOneBy(BookSchema, { id: 3 }),
    await manager.findOneBy(BookSchema, { id: 4 }),
    await manager.countBy(BookSchema, { author: { id: 1 } }),
    await manager.sum(BookSchema, 'id'),
    await failure(() => manager.findOneByOrFail(BookSchema, { id: 4 })),
  ],
  save: (dataSource) =>
    rolledBack(dataSource, async (manager) => {
      const author = await manager.save(AuthorSchema, { id: 3, name: 'Cid' });
      const book = await books(manager).save({ id: 4, title: 'Rivers', author, tags: ['x,y', '"z"'] });
      book.title = 'Lakes';
      const saved = await books(manager).save(book);
      return [
        saved,
        await books(manager).find({ where: { author: { id: 3 } }, relations: { author: true } }),
      ];
    }),
  'insert, update, upsert and delete': (dataSource) =>
    rolledBack(dataSource, async (manager) => [
      await manager.insert(AuthorSchema, { id: 3, name: 'Cid' }),
      await manager.update(AuthorSchema, { id: 3 }, { name: 'Dan' }),
      await manager.upsert(AuthorSchema, [{ id: 1, name: 'Eve' }], ['id']),
      await manager.delete(AuthorSchema, { id: 3 }),
      await manager.find(AuthorSchema, byId),
    ]),
  'soft remove and restore': (dataSource) =>
    rolledBack(dataSource, async (manager) => {
      const author = await manager.findOneByOrFail(AuthorSchema, { id: 2 });
      await manager.softRemove(AuthorSchema, author);
      const left = await manager.find(AuthorSchema, byId);
      await manager.recover(AuthorSchema, author);
      return [left, author.deletedAt, await manager.find(AuthorSchema, byId)];
    }),
  'increment, and a lost version': (dataSource) =>
    rolledBack(dataSource, async (manager) => [
      await manager.increment(BookSchema, { id: 1 }, 'version', 4),
      await failure(() =>
        books(manager).findOne({ where: { id: 1 }, lock: { mode: 'optimistic', version: 1 } }),
      ),
      await books(manager).findOne({ where: { id: 1 }, lock: { mode: 'pessimistic_write' } }),
    ]),
  'query builder': ({ manager }) =>
    manager
      .createQueryBuilder(BookSchema, 'book')
      .innerJoinAndSelect('book.author', 'author')
      .where('author.name in (:...names)', { names: ['Ada', 'Bob'] })
      .andWhere("book.meta->>'pages' is not null")
      .orderBy('book.id')
      .getManyAndCount(),
  'query builder, raw': ({ manager }) =>
    manager
      .createQueryBuilder(BookSchema, 'book')
      .select('book.author_id', 'author')
      .addSelect('count(*)', 'n')
      .groupBy('book.author_id')
      .orderBy('author')
      .getRawMany(),
  'query builder, writing': (dataSource) =>
    rolledBack(dataSource, async (manager) => [
      await manager.createQueryBuilder().insert().into(AuthorSchema).values({ id: 3, name: 'Cid' }).execute(),
      await manager
        .createQueryBuilder()
        .update(AuthorSchema)
        .set({ name: () => 'upper(name)' })
        .where('id = :id', { id: 3 })
        .returning('*')
        .execute(),
      await manager.createQueryBuilder().delete().from(AuthorSchema).where('id = 3').execute(),
    ]),
  'query, raw': (dataSource) =>
    rolledBack(dataSource, async ({ queryRunner, ...manager }) => [
      await dataSource.query('select $1::int as n, $2::text[] as list, now() is not null as now', [1, ['a']]),
      await dataSource.manager.query('select id from author where id = any($1) order by id', [[1, 2]]),
      await queryRunner?.query("insert into author values (3, 'Cid') returning id"),
      await queryRunner?.query("update author set name = 'Dan' where id = 3 returning name"),
      await queryRunner?.query('delete from author where id = 3'),
      await queryRunner?.query('select 1 as one', [], true),
      await dataSource.query('select 1 as one; select 2 as two'),
      Object.keys(manager).length > 0,
    ]),
  'query, in the forms that pg takes': async (dataSource) => {
    const query = (given: unknown) => dataSource.query(given as string);
    return [
      await query({ text: 'select $1::int as n', values: [1], rowMode: 'array' }),
      await query({ name: 'named', text: 'select $1::int as n', values: [2] }),
      await query({ name: 'named', text: 'select $1::int as n', values: [3] }),
      await failure(() => query(undefined)),
      await failure(() => query(1)),
    ];
  },
  'query on a runner that is given': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    await dataSource.query('begin', undefined, runner);
    const rows = await dataSource.query('select pg_current_xact_id_if_assigned() is null as no', [], runner);
    await dataSource.query('rollback', [], runner);
    await runner.release();
    return [rows, await failure(() => dataSource.query('select 1', [], runner))];
  },
  'several statements with parameters': (dataSource) =>
    failure(() => dataSource.query('select $1::int; select $2::int', [1, 2])),
  'errors of the server': async (dataSource) => [
    await failure(() => dataSource.manager.insert(AuthorSchema, { id: 1, name: 'twice' })),
    await failure(() => dataSource.query('select nothing')),
    await failure(() => dataSource.query('select $1::int', ['x'])),
    await dataSource.query('select 1 as one'),
  ],
  'many at once': async (dataSource) =>
    Promise.all(Array.from({ length: 30 }, (_, n) => dataSource.query('select $1::int as n', [n]))),
};
