import { inspect } from 'node:util';
import { Client, HazardError } from '@poolsafe/pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'));
const client = new Client(configOf(database.through('latest')));
await client.connect();
afterAll(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

/** Statements that are refused, each with a secret in one place. */
const texts: readonly [text: string, values?: readonly unknown[]][] = [
  ['select set_config($1, $2, false)', ['app.token', 'hunter2']],
  ["set app.token = 'hunter2'"],
  ["set app.token = 'it''s hunter2'"],
  ["set app.token = e'it\\'s hunter2'"],
  ["set app.token to U&'\\0061 hunter2'"],
  ["set app.token = 'a'\n'hunter2'"],
  ['prepare p as select $$hunter2$$'],
  ["prepare p as select $a$ it's $$ hunter2 $a$"],
  ['prepare p as select $é$hunter2$é$'],
  ["/* don't */ set app.token = 'hunter2'"],
  ["/* /* */ don't */ set app.token = 'hunter2'"],
  ["-- don't\nset app.token = 'hunter2'"],
  ['-- hunter2\nset app.token = 1'],
  ["prepare p as select 1 as \"it's\", 'hunter2'"],
  [`prepare p as select '${'x'.repeat(990)} hunter2'`],
  [`prepare p as select ${'1, '.repeat(327)} 'hunter2'`],
  ["select 1; set app.token = 'hunter2"],
  ["listen x; alter role app password 'hunter2'"],
];

for (const [text, values] of texts) {
  test(`no secret in the refusal of ${text.replace(/\s+/g, ' ').slice(0, 60)}`, async () => {
    const error = await client.query(text, values && [...values]).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(HazardError);
    const { message, stack, statement } = error as HazardError;
    const shown = [
      message,
      stack,
      statement,
      JSON.stringify(error),
      inspect(error, { depth: null, showHidden: true }),
    ];
    expect(shown.join('\n')).not.toContain('hunter2');
    expect(statement).toMatch(/\b(set|select|prepare|listen)\b/);
  });
}
