import { and, count, desc, eq, exists, ilike, inArray, or, relations, sql, sum } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import {
  integer,
  jsonb,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  serial,
  text,
  timestamp,
  unionAll,
} from 'drizzle-orm/pg-core';
import { drizzle as drizzleJs } from 'drizzle-orm/postgres-js';
import pg from 'pg';
import postgres from 'postgres';
import type { Scenario } from '../capture.ts';

const person = pgTable('person', {
  id: serial('id').primaryKey(),
  name: text('name').notNull(),
  role: text('role').default('user'),
  settings: jsonb('settings'),
  createdAt: timestamp('created_at').defaultNow(),
});

const post = pgTable('post', {
  id: serial('id').primaryKey(),
  title: text('title').notNull(),
  authorId: integer('author_id').references(() => person.id),
});

const schema = {
  person,
  post,
  personRelations: relations(person, ({ many }) => ({ posts: many(post) })),
  postRelations: relations(post, ({ one }) => ({
    author: one(person, { fields: [post.authorId], references: [person.id] }),
  })),
};

const tables = sql`create table person (id serial primary key, name text unique not null, role text default 'user',
  settings jsonb, created_at timestamp default now());
  create table post (id serial primary key, title text not null, author_id int references person (id))`;

export const drizzleOverPg: Scenario = async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const db = drizzle(pool, { schema });
  await db.execute(tables);
  await use(db);
  await migrations(db);
  await pool.end();
};

export const drizzleOverPostgresJs: Scenario = async (url, record) => {
  const client = postgres(url, { max: 2, onnotice: () => {}, debug: (_connection, text) => record(text) });
  const db = drizzleJs(client, { schema });
  await client.unsafe(
    'create table person (id serial primary key, name text unique not null, role text, settings jsonb, created_at timestamp)',
  );
  await client.unsafe('create table post (id serial primary key, title text not null, author_id int)');
  await use(db);
  await migrations(db);
  await client`select ${1}::int as one`;
  await client`insert into person ${client([{ name: 'x' }, { name: 'y' }])} returning *`;
  await client`update person set ${client({ role: 'b' }, 'role')} where id in ${client([1, 2])}`;
  await client.begin('isolation level serializable read only', async (tx) => {
    await tx`select 1`;
    await tx.savepoint((inner) => inner`select 2`);
    await tx.savepoint('named', (inner) => inner`select 3`);
  });
  await client`select * from person`.cursor(2, async () => {});
  const unlisten = await client.listen('jobs', () => {});
  await client.notify('jobs', 'x');
  await unlisten.unlisten();
  await client.end();
};

type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

async function use(db: Database): Promise<void> {
  const [ada] = await db
    .insert(person)
    .values({ name: 'Ada', settings: { a: 1 } })
    .returning();
  const author = ada?.id ?? 1;
  await db.insert(person).values([{ name: 'Bob' }, { name: 'Cyd', role: 'set' }]);
  await db.insert(person).values({ name: 'Bob' }).onConflictDoNothing();
  await db
    .insert(person)
    .values({ name: 'Bob' })
    .onConflictDoUpdate({ target: person.name, set: { role: 'x' }, setWhere: eq(person.role, 'user') })
    .returning({ id: person.id });
  await db.insert(post).values([1, 2, 3].map((n) => ({ title: `Post ${n}`, authorId: author })));
  await db.insert(post).select(
    db
      .select({ id: sql<number>`100`.as('id'), title: person.name, authorId: person.id })
      .from(person)
      .limit(1),
  );
  await db
    .update(person)
    .set({ role: 'admin' })
    .where(and(eq(person.id, 1), ilike(person.name, 'a%')));
  await db
    .update(post)
    .set({ title: sql`${post.title} || '!'` })
    .from(person)
    .where(eq(post.authorId, person.id))
    .returning();
  await reads(db);
  await transactions(db);
  await db
    .delete(post)
    .where(inArray(post.id, [1, 2]))
    .returning({ id: post.id });
  await db.delete(post);
}

async function reads(db: Database): Promise<void> {
  await db
    .select()
    .from(person)
    .where(or(eq(person.id, 1), inArray(person.role, ['a', 'b'])))
    .orderBy(desc(person.id))
    .limit(10)
    .offset(5);
  await db.selectDistinct({ role: person.role }).from(person);
  await db.selectDistinctOn([person.role], { id: person.id }).from(person);
  await db
    .select({ role: person.role, n: count(), all: sum(person.id) })
    .from(person)
    .groupBy(person.role)
    .having(sql`count(*) > 0`);
  await db
    .select()
    .from(post)
    .innerJoin(person, eq(post.authorId, person.id))
    .leftJoin(sql`person p2`, sql`true`);
  const recent = db.$with('recent').as(db.select().from(post).where(sql`${post.id} > 0`));
  await db.with(recent).select().from(recent);
  const sub = db.select({ id: post.authorId }).from(post).as('sub');
  await db.select().from(person).fullJoin(sub, eq(sub.id, person.id));
  await db
    .select()
    .from(person)
    .where(exists(db.select().from(post).where(eq(post.authorId, person.id))));
  await unionAll(db.select({ id: person.id }).from(person), db.select({ id: post.id }).from(post)).limit(3);
  await db.query.person.findMany({ with: { posts: { limit: 2, columns: { title: true } } }, limit: 5 });
  await db.query.post.findFirst({ with: { author: true }, where: eq(post.id, 1) });
  await db.$count(person, eq(person.role, 'user'));
  const one = db
    .select()
    .from(person)
    .where(eq(person.id, sql.placeholder('id')))
    .prepare('one');
  await one.execute({ id: 1 });
}

async function transactions(db: Database): Promise<void> {
  await db.transaction(
    async (tx) => {
      await tx.select().from(person).where(eq(person.id, 1)).for('update', { skipLocked: true });
      await tx.transaction((inner) => inner.select().from(post).for('share'));
      await tx.transaction(async (inner) => inner.rollback()).catch(() => {});
    },
    { isolationLevel: 'serializable', accessMode: 'read write', deferrable: true },
  );
  await db.transaction(async (tx) => tx.execute(sql`select set_config('app.tenant', ${'1'}, true)`));
  await db.transaction(async (tx) => tx.rollback()).catch(() => {});
}

interface Migrating {
  readonly dialect: { migrate(...args: readonly unknown[]): Promise<void> };
  readonly session: unknown;
}

/** What `migrate()` does with the files that drizzle-kit writes. */
async function migrations(db: unknown): Promise<void> {
  const { dialect, session } = db as Migrating;
  const sqls = [
    'alter table person add column age int',
    'create index person_age on person using btree (age)',
  ];
  await dialect.migrate([{ sql: sqls, folderMillis: 1, hash: 'a', bps: true }], session, {
    migrationsFolder: '',
  });
}
