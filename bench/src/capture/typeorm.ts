import {
  DataSource,
  EntitySchema,
  type MigrationInterface,
  type QueryRunner,
  Table,
  TableColumn,
  TableIndex,
} from 'typeorm';
import type { Scenario } from '../capture.ts';

interface Person {
  id: number;
  name: string;
  role: string;
  version: number;
  deletedAt: Date | null;
  posts: Post[];
}

interface Post {
  id: string;
  title: string;
  author: Person | null;
  tags: Tag[];
}

interface Tag {
  id: number;
  label: string;
}

const person = new EntitySchema<Person>({
  name: 'person',
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: String, unique: true },
    role: { type: 'enum', enum: ['user', 'set'], default: 'user' },
    version: { type: Number, version: true },
    deletedAt: { type: 'timestamp', deleteDate: true, nullable: true },
  },
  relations: { posts: { type: 'one-to-many', target: 'post', inverseSide: 'author' } },
});

const post = new EntitySchema<Post>({
  name: 'post',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    title: { type: String, comment: 'set x = 1' },
  },
  relations: {
    author: {
      type: 'many-to-one',
      target: 'person',
      inverseSide: 'posts',
      onDelete: 'SET NULL',
      joinColumn: true,
    },
    tags: { type: 'many-to-many', target: 'tag', joinTable: true, cascade: true },
  },
  indices: [{ columns: ['title'] }],
});

const tag = new EntitySchema<Tag>({
  name: 'tag',
  columns: { id: { type: Number, primary: true, generated: 'increment' }, label: { type: String } },
  checks: [{ expression: "label <> ''" }],
});

class First1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({ name: 'extra', columns: [{ name: 'id', type: 'int', isPrimary: true }] }),
      true,
    );
    await runner.addColumn(
      'extra',
      new TableColumn({ name: 'a', type: 'varchar', isNullable: true, default: "'x'" }),
    );
    await runner.changeColumn('extra', 'a', new TableColumn({ name: 'b', type: 'text' }));
    await runner.createIndex('extra', new TableIndex({ name: 'extra_b', columnNames: ['b'] }));
    await runner.renameTable('extra', 'more');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('more', true);
  }
}

export const typeorm: Scenario = async (url) => {
  const db = new DataSource({
    type: 'postgres',
    url,
    extra: { max: 2 },
    entities: [person, post, tag],
    migrations: [First1700000000000],
  });
  await db.initialize();
  await db.synchronize();
  await db.runMigrations({ transaction: 'each' });
  await writes(db);
  await reads(db);
  await transactions(db);
  await db.undoLastMigration();
  await db.dropDatabase();
  await db.destroy();
};

async function writes(db: DataSource): Promise<void> {
  const people = db.getRepository(person);
  const posts = db.getRepository(post);
  const ada = await people.save({ name: 'Ada', role: 'set' });
  await posts.save({ title: 'First', author: ada, tags: [{ label: 'a' }, { label: 'b' }] });
  await people.save({ ...ada, role: 'user' });
  await people.insert([{ name: 'Bob' }, { name: 'Cyd' }]);
  await people.upsert({ name: 'Bob', role: 'set' }, ['name']);
  await people.createQueryBuilder().insert().values({ name: 'Bob' }).orIgnore().execute();
  await people
    .createQueryBuilder()
    .insert()
    .values({ name: 'Bob' })
    .orUpdate(['role'], ['name'])
    .returning('id')
    .execute();
  await people.update({ name: 'Cyd' }, { role: 'set' });
  await people
    .createQueryBuilder()
    .update()
    .set({ role: () => 'role' })
    .where('id = :id', { id: 1 })
    .returning('*')
    .execute();
  await people.increment({ id: 1 }, 'version', 1);
  await people.softDelete({ name: 'Cyd' });
  await people.restore({ name: 'Cyd' });
  await people.delete({ name: 'Cyd' });
  await posts
    .createQueryBuilder()
    .relation('author')
    .of(await posts.findOneByOrFail({ title: 'First' }))
    .set(ada.id);
}

async function reads(db: DataSource): Promise<void> {
  const people = db.getRepository(person);
  await people.find({ relations: { posts: { tags: true } }, order: { id: 'DESC' }, skip: 1, take: 2 });
  await people.findOne({
    where: [{ id: 1 }, { name: 'Bob' }],
    select: { id: true, name: true },
    withDeleted: true,
  });
  await people.findAndCount({ take: 5 });
  await people.existsBy({ id: 1 });
  await people.sum('id');
  const query = () => people.createQueryBuilder('p');
  await query()
    .leftJoinAndSelect('p.posts', 'post')
    .where('p.id IN (:...ids)', { ids: [1, 2] })
    .orderBy('p.name')
    .take(3)
    .getManyAndCount();
  await query()
    .select('p.role', 'role')
    .addSelect('COUNT(*)', 'n')
    .groupBy('p.role')
    .having('COUNT(*) > 0')
    .getRawMany();
  await query().distinctOn(['p.role']).getMany();
  await query()
    .where(
      (qb) => `EXISTS ${qb.subQuery().select('1').from(post, 'x').where('x.authorId = p.id').getQuery()}`,
    )
    .getMany();
  await query()
    .addCommonTableExpression('SELECT 1 AS n', 'numbers')
    .innerJoin('numbers', 'n', 'true')
    .limit(1)
    .offset(0)
    .getMany();
  await query().loadRelationIdAndMap('p.postIds', 'p.posts').getMany();
}

async function transactions(db: DataSource): Promise<void> {
  await db.transaction('SERIALIZABLE', async (manager) => {
    await manager.find(person, { lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' } });
    await manager.findOne(person, { where: { id: 1 }, lock: { mode: 'pessimistic_read' } });
    await manager.transaction((inner) => inner.insert(person, { name: 'Dan' }));
    await manager.transaction(() => Promise.reject(new Error('inner'))).catch(() => {});
    await manager.query("SELECT set_config('app.tenant', $1, true)", ['1']);
  });
  await db.transaction(() => Promise.reject(new Error('outer'))).catch(() => {});
}
