import { drizzle } from '@poolsafe/drizzle/node-postgres';
import { Pool } from '@poolsafe/pg';
import { notes } from '../beside/schema.ts';
import { direct, url } from './common.ts';

const schema = { notes };
const client = new Pool({ connectionString: url, poolsafe: { direct } });
Object.assign(globalThis, { drizzle, schema, notes, db: drizzle({ client, schema }) });
