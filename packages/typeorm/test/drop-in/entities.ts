import { EntitySchema } from 'typeorm';

export interface Author {
  id: number;
  name: string;
  books?: Book[];
  deletedAt?: Date | null;
}

export interface Book {
  id: number;
  title: string;
  published: Date | null;
  tags: string[];
  meta: { pages: number } | null;
  version: number;
  author?: Author;
}

export const AuthorSchema: EntitySchema<Author> = new EntitySchema<Author>({
  name: 'author',
  columns: {
    id: { type: 'int', primary: true },
    name: { type: 'text', unique: true },
    deletedAt: { type: 'timestamptz', deleteDate: true, nullable: true, name: 'deleted_at' },
  },
  relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author' } },
});

export const BookSchema: EntitySchema<Book> = new EntitySchema<Book>({
  name: 'book',
  columns: {
    id: { type: 'int', primary: true },
    title: { type: 'text' },
    published: { type: 'timestamptz', nullable: true },
    tags: { type: 'text', array: true, default: '{}' },
    meta: { type: 'jsonb', nullable: true },
    version: { type: 'int', version: true },
  },
  relations: {
    author: {
      type: 'many-to-one',
      target: 'author',
      joinColumn: { name: 'author_id' },
      inverseSide: 'books',
    },
  },
});

export const entities: EntitySchema[] = [AuthorSchema, BookSchema];

/** The tables of the entities, with rows. */
export const setup: readonly string[] = [
  'create table author (id int primary key, name text not null constraint author_name unique, deleted_at timestamptz)',
  `create table book (id int primary key, title text not null, published timestamptz, tags text[] not null default '{}',
    meta jsonb, version int not null default 1, author_id int references author(id))`,
  "insert into author values (1, 'Ada'), (2, 'Bob')",
  `insert into book (id, title, published, tags, meta, author_id) values
    (1, 'Engines', '2020-01-02 03:04:05+00', '{a,b}', '{"pages": 7}', 1), (2, 'Notes', null, '{}', null, 1),
    (3, 'Trees', '2021-06-01 00:00:00+00', '{}', '{"pages": 3}', 2)`,
  'create schema made',
];
