import { inspect } from 'node:util';
import { ConfigError } from '@poolsafe/core';
import { expect, test } from 'vitest';
import { errorOf } from '../../core/test/error-of.ts';

/** What cannot work, and what the error must say. The password in it is always `hunter2`. */
export type Unusable<TGiven> = readonly (readonly [title: string, given: TGiven, says: RegExp])[];

/** Asserts that it is a ConfigError that says this, with a fix and a page to read, and shows no password. */
export function expectConfigError(error: unknown, says: RegExp): void {
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toMatch(says);
  expect((error as ConfigError).message).toMatch(/\n {2}fix: .+\n {2}read more: /);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain('hunter2');
}

/** A test for each that `make` refuses it with a ConfigError. */
export function testConfigErrors<TGiven>(make: (given: TGiven) => unknown, unusable: Unusable<TGiven>): void {
  for (const [title, given, says] of unusable) {
    test(`ConfigError | ${title}`, () =>
      expectConfigError(
        errorOf(() => make(given)),
        says,
      ));
  }
}
