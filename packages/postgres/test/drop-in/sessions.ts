import type { Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

const reserved: Record<string, SqlStep> = {
  queries: async (sql) => {
    const one = await sql.reserve();
    const seen = [
      await one`select 1 as a`,
      await one.unsafe('select 2 as b'),
      await one`select ${'x'} as c`.values(),
    ];
    return [seen, one.release()];
  },
  'one connection for all': async (sql) => {
    const one = await sql.reserve();
    const pids = await Promise.all(Array.from({ length: 5 }, () => one`select pg_backend_pid() as pid`));
    one.release();
    return new Set(pids.map(([row]) => row?.pid)).size;
  },
  'others in the meantime': async (sql) => {
    const one = await sql.reserve();
    const seen = [
      await sql`select 1 as a`,
      await one`select 2 as b`,
      await sql.begin((tx) => tx`select 3 as c`),
    ];
    one.release();
    return seen;
  },
  'more than there are': async (sql) => {
    const order: string[] = [];
    const [one, two] = await Promise.all([sql.reserve(), sql.reserve()]);
    const third = sql.reserve().then((three) => {
      order.push('third');
      three.release();
    });
    const query = sql`select 1`.then(() => order.push('query'));
    order.push('released');
    one.release();
    await Promise.all([third, query]);
    two.release();
    return order;
  },
  'a transaction by hand': async (sql) => {
    const one = await sql.reserve();
    await one`begin`;
    await one`insert into item (id, name) values (40, 'forty')`;
    const inside = await one`select id from item where id = 40`;
    await one`rollback`;
    const after = await one`select id from item where id = 40`;
    one.release();
    return [inside, after];
  },
  'an error': async (sql) => {
    const one = await sql.reserve();
    const seen = [await failure(() => one`select 1 / 0`), await one`select 1 as a`];
    one.release();
    return seen;
  },
  'helpers and fragments': async (sql) => {
    const one = await sql.reserve();
    const rows =
      await one`select ${one(['id'])} from ${one('item')} where ${one`id in ${one([1, 2])}`} order by id`;
    one.release();
    return rows;
  },
  'a cursor': async (sql) => {
    const one = await sql.reserve();
    const seen: unknown[] = [];
    for await (const rows of one`select n from generate_series(1, 5) n`.cursor(2)) seen.push([...rows]);
    one.release();
    return seen;
  },
  'released while it works': async (sql) => {
    const one = await sql.reserve();
    const query = one`select 1 as a`.execute();
    await query;
    one.release();
    return query;
  },
};

const objects: Record<string, SqlStep> = {
  'written and read': async (sql) => {
    const object = await sql.largeObject();
    const seen: unknown[] = [await object.write(Buffer.from('hello world'))];
    seen.push(await object.seek(6), await object.tell(), await object.read(3), await object.size());
    seen.push(await object.truncate(8), await object.size());
    await object.close();
    return seen;
  },
  'as streams': async (sql) => {
    const object = await sql.largeObject();
    const writable = await object.writable();
    await new Promise((resolve) => writable.end(Buffer.alloc(50_000, 'x'), () => resolve(null)));
    const readable = await object.readable({ start: 10 });
    let size = 0;
    for await (const chunk of readable) size += chunk.length;
    await object.close();
    return size;
  },
  'that is not there': (sql) => codeOf(() => sql.largeObject(4_000_000)),
};

export const sessions: [string, Step][] = [
  ...sqlSteps('reserve', reserved),
  ...sqlSteps('largeObject', objects),
];
