import type { Sql, Step } from './lib.ts';
import { codeOf, shapeOf } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

/** What comes in on a channel, until a message says that it is the last. */
async function heard(sql: Sql, channel: string, tell: () => Promise<unknown>): Promise<unknown> {
  const messages: string[] = [];
  let last = () => {};
  const over = new Promise<void>((resolve) => {
    last = resolve;
  });
  const { unlisten, state } = await sql.listen(channel, (message) =>
    message === 'last' ? last() : messages.push(message),
  );
  const told = await tell();
  await sql.notify(channel, 'last');
  await over;
  const result = await unlisten();
  return [messages, Object.keys(Object(state)).sort(), shapeOf(told), shapeOf(result)];
}

const steps: Record<string, SqlStep> = {
  'notify gives': (sql) => sql.notify('nobody', 'x'),
  'a message': (sql) => heard(sql, 'plain', () => sql.notify('plain', 'x')),
  'what is no text': (sql) => heard(sql, 'plain', () => sql.notify('plain', 5 as never)),
  'a channel with a strange name': (sql) =>
    heard(sql, 'A "channel".x', () => sql.notify('A "channel".x', "o'x")),
  'by a query': (sql) =>
    heard(sql, 'query', async () => [
      await sql`notify query, 'x'`,
      await sql`select pg_notify('query', 'y')`,
    ]),
  'by a transaction': (sql) =>
    heard(sql, 'tx', () =>
      sql.begin(async (tx) => [await tx`select pg_notify('tx', 'x')`, await tx`notify tx, 'y'`] as never),
    ),
  'two listeners, one of which leaves': async (sql) => {
    const first: string[] = [];
    const { unlisten } = await sql.listen('two', (message) => first.push(message));
    const told = await heard(sql, 'two', async () => {
      await sql.notify('two', 'a');
      // Its own connection has heard it by now.
      await unlisten();
    });
    return [first.filter((message) => message !== 'a'), told];
  },
  onlisten: async (sql) => {
    const order: string[] = [];
    await sql.listen(
      'on',
      () => {},
      () => order.push('first'),
    );
    await sql.listen(
      'on',
      () => {},
      () => order.push('second'),
    );
    return order;
  },
  'a name that is none': (sql) =>
    codeOf(() => sql.listen(undefined as never, () => {})).then((said) => String(said).slice(0, 30)),
};

export const notifications: [string, Step][] = sqlSteps('listen', steps);
