import { fixFor, type HazardCode, hazards } from '@poolsafe/core';
import { PrismaPg } from '@poolsafe/prisma';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient } from './generated.ts';

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
) => (prisma: PrismaClient) => Promise<void>;

test.each(codes.filter((code) => !notHere.includes(code)))(
  'what %s advises runs through a pooler',
  async (code) => {
    const { url } = database.through('1.18');
    const prisma: PrismaClient = new client.PrismaClient({ adapter: new PrismaPg(url) });
    await new AsyncFunction('prisma', fixFor(code, 'prisma') ?? 'throw new Error()')(prisma);
    await prisma.$disconnect();
  },
);

test('there is advice to run', () => {
  expect(codes.length).toBeGreaterThan(notHere.length);
});
