import { afterAll, expect, inject, test } from 'vitest';
import { withSettings } from '../../core/src/index.ts';
import { subject as drizzlePostgresJs } from '../../drizzle/test/postgres-js-subject.ts';
import { subject as drizzle } from '../../drizzle/test/subject.ts';
import { subject as kyselyPostgresJs } from '../../kysely/test/postgres-js-subject.ts';
import { subject as kysely } from '../../kysely/test/subject.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { subject as pg } from '../../pg/test/subject.ts';
import { notesOf } from '../../pg/test/tenants.ts';
import { subject as postgresJs } from '../../postgres/test/subject.ts';
import { subject as prisma, extended as prismaExtended } from '../../prisma/test/subject.ts';
import { subject as typeorm } from '../../typeorm/test/subject.ts';
import type { Subject } from '../src/index.ts';
import { refusalIn } from '../src/verdict.ts';

const tenants = 10;
const database = await openDatabase(inject('servers'), notesOf(tenants));
afterAll(() => database[Symbol.asyncDispose]());

/** Whether a stack runs what is asked of it with settings in force, or says why it does not. */
type Answer = 'rows' | 'refused';

const stacks: readonly (readonly [subject: Subject, alone: Answer, transaction: Answer])[] = [
  [pg, 'rows', 'rows'],
  [drizzle, 'rows', 'rows'],
  [kysely, 'rows', 'rows'],
  [typeorm, 'rows', 'rows'],
  [postgresJs, 'rows', 'rows'],
  [drizzlePostgresJs, 'rows', 'rows'],
  [kyselyPostgresJs, 'rows', 'rows'],
  [prismaExtended, 'rows', 'rows'],
  [prisma, 'refused', 'refused'],
];

const mine = 'select body from note where id > $1';

for (const { name, url } of database.routes) {
  test.each(stacks.map((stack) => [stack[0].name, ...stack] as const))(
    `row-level security, 200 requests at once | %s | ${name}`,
    async (_, subject, alone, transaction) => {
      const app = subject.safe({ url, max: 5 });
      const seen = new Set<string>();
      const look = async (tenant: number, asked: Answer, ask: () => Promise<readonly unknown[]>) => {
        const found = await ask().catch((error) => refusalIn(error)?.code ?? error);
        const wanted = asked === 'rows' ? [{ body: `of ${tenant}` }] : 'POOLSAFE_SETTINGS';
        if (JSON.stringify(found) !== JSON.stringify(wanted)) seen.add(JSON.stringify({ tenant, found }));
      };
      const request = (n: number) => {
        const tenant = (n % tenants) + 1;
        return withSettings({ 'app.tenant_id': tenant }, async () => {
          await look(tenant, alone, () => app.query(mine, [0]));
          await look(tenant, transaction, () => app.transaction((tx) => tx.query(mine, [0])));
        });
      };
      await Promise.all(Array.from({ length: 200 }, (_, n) => request(n)));
      expect([...seen]).toEqual([]);
      // Nobody's.
      expect(await app.query(mine, [0])).toEqual([]);
      await app.end();
    },
  );
}
