import { migrate } from '@poolsafe/drizzle/node-postgres/migrator';
import { db } from './db.ts';

// Any number of deployments may do this at once: each migration is applied once.
await migrate(db, { migrationsFolder: 'drizzle' });
await db.$client.end();
