import { expect, test } from 'vitest';
import { standardOdysseys, startStack } from '../src/index.ts';
import { value } from './connect.ts';

test('a stack with Odysseys, which stop with it', { timeout: 120_000 }, async () => {
  const stack = await startStack({ pgbouncers: [], odysseys: standardOdysseys });
  try {
    const database = await stack.createDatabase();
    expect(stack.odysseys.map(({ name }) => name)).toEqual(['odyssey', 'odyssey-off']);
    for (const odyssey of stack.odysseys) {
      expect(await value(odyssey.url(database), 'select current_database()')).toBe(database);
    }
  } finally {
    await stack.stop();
  }
  const url = stack.odysseys[0]?.url() as string;
  await expect(value(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
