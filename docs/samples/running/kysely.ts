import { PostgresDialect } from '@poolsafe/kysely';
import { Pool } from '@poolsafe/pg';
import { Kysely } from 'kysely';
import './common.ts';

const provider = { getMigrations: async () => ({}) };
Object.assign(globalThis, { Kysely, PostgresDialect, Pool, provider });
