/** What the steps find. No step leaves a change behind. */
export const setup: readonly string[] = [
  `create table item (id int primary key, name text not null unique, tags text[], data jsonb, made_at timestamptz)`,
  `insert into item values (1, 'one', '{a,b}', '{"a": 1}', '2020-02-03 04:05:06Z'), (2, 'two', '{c}', null, null),
    (3, 'three', null, '{"b": 2}', null)`,
  `create type mood as enum ('sad', 'happy')`,
  `create type pair as (number int, text text)`,
  `create table late (id int primary key deferrable initially deferred)`,
];
