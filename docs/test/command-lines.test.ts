import { expect, test } from 'vitest';
import { commandLines, refusalOf } from '../src/samples/command-lines.ts';
import { fences } from '../src/samples/fences.ts';

const calls = fences()
  .filter(({ language }) => language === 'sh' || language === 'bash')
  .flatMap(commandLines);

test.each(calls)('$where: the command takes $args', async ({ args }) => {
  expect(await refusalOf(args)).toBeUndefined();
});

test('There are calls, and one that is wrong is found', async () => {
  expect(calls.length).toBeGreaterThan(10);
  expect(await refusalOf(['doctor', '--deep'])).toContain('--deep');
  expect(await refusalOf(['undo'])).toContain('undo');
  expect(await refusalOf(['dev', '--pgbouncer', '1.0'])).toContain('1.0');
  expect(await refusalOf(['doctor', '--cwd'])).toContain('--cwd');
});
