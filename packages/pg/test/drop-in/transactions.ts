import { once } from 'node:events';
import { text as textFrom } from 'node:stream/consumers';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import type { Lib } from './lib.ts';
import { calledBack, shapeOf } from './shape.ts';

/** One thing done with the client, in a transaction or about to be. */
type Act = string | pg.QueryConfig | ((client: pg.Client, lib: Lib) => unknown);

const one = 'select 1 as one';
const sum = { text: 'select $1::int + 1 as sum', values: [1] };
const modes = `select current_setting('transaction_isolation') as level,
  current_setting('transaction_read_only') as read_only, current_setting('transaction_deferrable') as deferrable`;
const add = { text: 'insert into item values ($1, $2) returning id', values: [9, 'nine'] };
const here = 'select id from item where id > 3';
const cursor = async (client: pg.Client) => {
  const opened = client.query(new Cursor('select n from generate_series(1, 5) n', []));
  const rows = [await opened.read(2), await opened.read(2)];
  await opened.close();
  return rows;
};
const stream = async (client: pg.Client) => {
  const rows = [];
  for await (const row of client.query(new QueryStream('select n from generate_series(1, 5) n')))
    rows.push(row);
  return rows;
};
const copiedOut = (client: pg.Client) => textFrom(client.query(copyTo('copy (select 1, 2) to stdout')));
const copiedIn = async (client: pg.Client) => {
  const copying = client.query(copyFrom('copy item from stdin'));
  copying.end('8\teight\n');
  await once(copying, 'finish');
};
const query = (given: unknown) => async (client: pg.Client, lib: Lib) => {
  const made = new lib.Query(given as string);
  const result = await new Promise((resolve, reject) => {
    Object.assign(made, {
      callback: (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)),
    });
    client.query(made);
  });
  return shapeOf(result);
};
const calledBackWith = (text: string) => (client: pg.Client) =>
  calledBack((callback) => client.query(text, callback));

/** What is done first in a transaction: it goes together with BEGIN, where that is possible. */
const firsts: Readonly<Record<string, Act>> = {
  nothing: () => {},
  'a text': one,
  'a text with values': sum,
  'a text with values, named': { ...sum, name: 'first' },
  'a text, named': { text: one, name: 'first' },
  'a text, rowMode array': { text: 'select 1 as a, 2 as a', rowMode: 'array' } as pg.QueryConfig,
  'a text, binary': { text: one, binary: true } as pg.QueryConfig,
  'a text with values, binary': { ...sum, binary: true } as pg.QueryConfig,
  'a text, types': { text: one, types: { getTypeParser: () => String } } as unknown as pg.QueryConfig,
  'a text, some rows at a time': { text: 'select * from generate_series(1, 5)', rows: 2 } as pg.QueryConfig,
  'a text, called back': calledBackWith(one),
  'a Query': query(one),
  'a Query with values': query(sum),
  'several statements': 'select 1 as one; select 2 as two',
  'several statements, the end among them': 'select 1 as one; commit',
  'an empty text': '',
  'a comment': '-- nothing',
  'a write': add,
  'a value that cannot be sent': {
    text: 'select $1',
    values: [
      {
        toPostgres: () => {
          throw new Error('no');
        },
      },
    ],
  },
  'no value for a placeholder': 'select $1::int',
  'values that are no list': { text: one, values: 7 as never },
  'a wrong text': 'select from from',
  'a wrong value': { text: 'select $1::int', values: ['seven'] },
  'an error': 'select 1 / 0',
  'a missing table': 'select * from missing',
  'a missing column, named': { text: 'select missing from item where id = $1', values: [1], name: 'first' },
  'a savepoint': 'savepoint a',
  'a lock': 'lock table item',
  'a cursor of SQL': 'declare c cursor for select 1',
  SHOW: 'show search_path',
  EXPLAIN: 'explain (costs off) select 1',
  'a second BEGIN': 'begin',
  'COMMIT AND CHAIN': 'commit and chain',
  'PREPARE TRANSACTION': "prepare transaction 'a'",
  'what no transaction may hold': 'vacuum item',
  'COPY without a stream': 'copy item to stdout',
  'a cursor': cursor,
  'a stream': stream,
  'a COPY to here': copiedOut,
  'a COPY from here': copiedIn,
  'a notice': `do $$ begin raise notice 'one'; end $$`,
  'a query without text': {} as pg.QueryConfig,
  'nothing to query': (client) => client.query(undefined as never),
};

/** The whole of a transaction, or of several. */
const wholes: Readonly<Record<string, readonly Act[]>> = {
  modes: ['begin isolation level serializable, read only, deferrable', modes, 'commit', modes],
  'modes, set afterwards': [
    'START TRANSACTION',
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'set transaction read only',
    modes,
    'COMMIT',
    modes,
  ],
  'modes, set to nothing known': ['begin', 'set transaction isolation level sharp', one, 'rollback', one],
  'modes, set in a transaction that is begun': [
    'begin',
    one,
    'set transaction isolation level serializable',
    modes,
    'rollback',
  ],
  'read only, and a write': ['begin read only', add, one, 'rollback', here],
  'wrong modes': ['begin read nothing', one, 'rollback'],
  empty: [
    'begin',
    'commit',
    one,
    'begin',
    'rollback',
    one,
    'begin work',
    'end work',
    'begin transaction',
    'abort',
  ],
  'the end of nothing': ['commit', 'rollback', one],
  'a write, committed': ['begin', add, 'commit', here, 'delete from item where id = 9'],
  'a write, rolled back': ['begin', add, 'rollback', here],
  'a write after the begin of another': ['begin', 'begin', add, 'rollback', here],
  'failed, and ended by COMMIT': ['begin', 'select 1 / 0', one, 'commit', one],
  'failed, and back at a savepoint': [
    'begin',
    'savepoint a',
    add,
    'select 1 / 0',
    'rollback to a',
    here,
    'release a',
    'commit',
  ],
  'a savepoint rolled back first': ['begin', 'rollback to a', one, 'rollback'],
  chained: ['begin', add, 'rollback and chain', here, 'commit and no chain', one],
  'with a comment and a semicolon': ['/* a */ begin; -- b', one, 'commit;', one],
  'begun in a text of several': ['begin; select 1', one, 'commit'],
  'ended in a text of several': ['begin', 'select 1; commit', one],
  'begun twice as one text': ['begin; begin', one, 'rollback'],
  'as Query objects': [query('begin'), query(one), query('commit'), one],
  'BEGIN as text, the rest as Query objects': ['begin', query(one), query('commit'), one],
  'BEGIN as text, its end as a Query': ['begin', query('rollback'), one],
  'BEGIN with values': [{ text: 'begin', values: [] }, one, { text: 'commit', values: [] }],
  'BEGIN with a name': [{ text: 'begin', name: 'b' }, one, 'commit'],
  'BEGIN called back': [calledBackWith('begin'), calledBackWith(one), calledBackWith('commit')],
};

/**
 * What came of an act, what notices it gave, and what the client says of its transaction then. After an error that
 * depends on whether the end of the answer has come with it.
 */
async function told(client: pg.Client, lib: Lib, act: Act): Promise<unknown> {
  const notices: unknown[] = [];
  const noted = ({ message }: { message?: string | undefined }) => notices.push(message);
  client.on('notice', noted);
  try {
    const came = shapeOf(await (typeof act === 'function' ? act(client, lib) : client.query(act)));
    return { came, notices, status: client.getTransactionStatus?.() };
  } catch (error) {
    return { came: shapeOf(error), notices };
  } finally {
    client.off('notice', noted);
  }
}

type Step = (client: pg.Client, lib: Lib) => Promise<unknown>;

async function oneByOne(client: pg.Client, lib: Lib, acts: readonly Act[]): Promise<unknown> {
  const all = [];
  for (const act of acts) all.push(await told(client, lib, act));
  return all;
}

async function atOnce(client: pg.Client, texts: readonly string[]): Promise<unknown> {
  return Promise.all(texts.map((text) => client.query(text).then(shapeOf, shapeOf)));
}

/** Transactions on one client, step by step. */
export const transactions: Readonly<Record<string, Step>> = {
  ...Object.fromEntries(
    Object.entries(firsts).flatMap(([name, first]): [string, Step][] => [
      [`first ${name}`, (client, lib) => oneByOne(client, lib, ['begin', first, one, 'rollback', here])],
      [
        `first ${name}, committed`,
        (client, lib) =>
          oneByOne(client, lib, ['begin', first, 'commit', here, 'delete from item where id > 3']),
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(wholes).map(([name, acts]): [string, Step] => [
      name,
      (client, lib) => oneByOne(client, lib, acts),
    ]),
  ),
  'handed over at once': (client) =>
    atOnce(client, [one, 'begin', 'select 2', 'select 1 / 0', 'select 3', 'rollback', 'select 4']),
  'handed over at once, empty': (client) => atOnce(client, ['begin', 'commit', one, 'begin', 'rollback']),
  'handed over at once, modes': (client) =>
    atOnce(client, ['begin', 'set transaction read only', modes, 'commit', modes]),
  'a query too slow comes first': async (client, lib) =>
    oneByOne(client, lib, [
      'begin',
      { text: 'select pg_sleep(0.3)', query_timeout: 50 } as pg.QueryConfig,
      one,
      'rollback',
      one,
    ]),
};
