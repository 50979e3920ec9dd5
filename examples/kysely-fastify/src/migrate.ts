import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { db, dialect } from './db.ts';
import { notes } from './migrations/0001_notes.ts';

const direct = new Kysely({ dialect: dialect.direct() });
const provider = { getMigrations: async () => ({ '0001_notes': notes }) };
// Any number of deployments may do this at once: each migration is applied once.
const { error } = await new Migrator({ db: direct, provider }).migrateToLatest();
await direct.destroy();
await db.destroy();
if (error) throw error;
