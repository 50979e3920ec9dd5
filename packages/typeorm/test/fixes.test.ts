import { fixFor, type HazardCode, hazards } from '@poolsafe/core';
import { DataSource } from '@poolsafe/typeorm';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(
  inject('servers'),
  'create table notes (id serial primary key, body text)',
  'create table counters (n int)',
  'create table accounts (id int, balance int)',
);
afterAll(() => database[Symbol.asyncDispose]());

/** A superuser's, on a connection of its own, or for a role that this database has not. */
const notHere: readonly HazardCode[] = [
  'POOLSAFE_LOAD',
  'POOLSAFE_LISTEN',
  'POOLSAFE_SESSION_FUNCTION',
  'POOLSAFE_SESSION_ROLE',
];
const codes = Object.values(hazards).flatMap(({ code, example }) => (example ? [code] : []));
const AsyncFunction = (async () => {}).constructor as new (
  ...of: string[]
) => (dataSource: DataSource) => Promise<void>;

test.each(codes.filter((code) => !notHere.includes(code)))(
  'what %s advises runs through a pooler',
  async (code) => {
    const { url } = database.through('1.18');
    const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
    await new AsyncFunction('dataSource', fixFor(code, 'typeorm') ?? 'throw new Error()')(dataSource);
    await dataSource.destroy();
    expect(dataSource.isInitialized).toBe(false);
  },
);
