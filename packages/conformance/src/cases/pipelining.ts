import { setTimeout as sleep } from 'node:timers/promises';
import { always, type Case, type Context } from '../case.ts';
import type { Runner } from '../subject.ts';
import { Finding, innermost } from '../verdict.ts';

const count = 200;

/** Milliseconds after which nothing comes any more, on the slowest machine. */
const quiet = 2_000;

/** What became of one of many queries: what it answered, or its error. */
interface Answer {
  readonly n?: unknown;
  readonly error?: unknown;
}

/** Asks for `count` numbers at once on one connection, which has another server connection than before. */
async function atOnce(
  context: Context,
  ask: (runner: Runner, index: number) => Promise<Answer[]>,
): Promise<Answer[]> {
  const app = context.app();
  await askFor(app, 0);
  let left = count;
  let last = Date.now();
  const answer = async (_: unknown, index: number): Promise<Answer> => {
    try {
      const [row] = await ask(app, index);
      return { n: row?.n };
    } catch (error) {
      return { error };
    } finally {
      left -= 1;
      last = Date.now();
    }
  };
  return context.elsewhere(async () => {
    const answers = Promise.all(Array.from({ length: count }, answer));
    while (left > 0) {
      await sleep(10);
      if (Date.now() - last > quiet) throw new Finding('hang', `${left} of ${count} never come`);
    }
    return answers;
  });
}

const askFor = (runner: Runner, n: number): Promise<Answer[]> =>
  runner.query('select $1::int as n, $2::text as word', [n, `word ${n}`]);

function assertAnswer(answer: Answer | undefined, index: number): void {
  if (answer !== undefined && 'error' in answer) throw answer.error;
  if (answer?.n !== index) {
    throw new Finding('wrong answer', `query ${index} of ${count} got the answer ${String(answer?.n)}`);
  }
}

function assertFailed(answer: Answer | undefined, index: number, code: string): void {
  if (answer === undefined || !('error' in answer))
    throw new Finding('wrong answer', `query ${index} of ${count} has no error`);
  if (innermost(answer.error).code !== code) throw answer.error;
}

/** Queries that do not wait for each other, on one connection. Each gets its own answer or error. */
export const pipeliningCases: readonly Case[] = [
  {
    id: 'at-once',
    title: '200 queries with parameters at once on one connection',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      for (const [index, answer] of (await atOnce(context, askFor)).entries()) assertAnswer(answer, index);
    },
  },
  {
    id: 'at-once-failing',
    title: 'The same, and every tenth divides by zero',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const fails = (index: number) => index % 10 === 5;
      const answers = await atOnce(context, (runner, index) =>
        fails(index) ? runner.query('select 1 / $1::int as n', [0]) : askFor(runner, index),
      );
      for (const [index, answer] of answers.entries()) {
        if (fails(index)) assertFailed(answer, index, '22012');
        else assertAnswer(answer, index);
      }
    },
  },
  {
    id: 'at-once-unsendable',
    title: 'The same, and the library itself rejects a parameter of one',
    needs: ['unsendable'],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const wrong = count / 2;
      const value = context.subject.supports.unsendable;
      const answers = await atOnce(context, (runner, index) =>
        index === wrong ? runner.query('select $1::text as n', [value?.()]) : askFor(runner, index),
      );
      const [rejected] = answers.splice(wrong, 1, { n: wrong });
      if (rejected === undefined || !('error' in rejected))
        throw new Finding('wrong answer', 'what cannot be sent has no error');
      for (const [index, answer] of answers.entries()) assertAnswer(answer, index);
    },
  },
];
