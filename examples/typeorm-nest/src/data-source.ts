import { DataSource, type PostgresOptions } from '@poolsafe/typeorm';
import { Note } from './note.entity.ts';
import { Notes1763769600000 } from './notes.migration.ts';

const { DATABASE_URL, DIRECT_URL } = process.env;
if (!DATABASE_URL)
  throw new Error('DATABASE_URL is not set: the URL of the pooler. `pnpm run database` starts one.');

export const options: PostgresOptions = {
  type: 'postgres',
  url: DATABASE_URL,
  entities: [Note],
  migrations: [Notes1763769600000],
  parseInt8: true,
  poolSize: 10,
  connectTimeoutMS: 5_000,
  // Where migrations go: PostgreSQL itself, without the pooler.
  poolsafe: { direct: DIRECT_URL },
};

/** For migrations, and for the command line of TypeORM. */
export const dataSource = new DataSource(options);
