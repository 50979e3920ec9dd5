import postgres from '@poolsafe/postgres';

const { DATABASE_URL, DIRECT_URL } = process.env;
if (!DATABASE_URL || !DIRECT_URL)
  throw new Error(
    'DATABASE_URL (the pooler) or DIRECT_URL (PostgreSQL itself) is not set. `pnpm run database` starts both.',
  );

export const sql = postgres(DATABASE_URL, {
  max: 10,
  connect_timeout: 5,
  onnotice: () => {},
  // Where LISTEN and migrations go: PostgreSQL itself, without the pooler.
  poolsafe: { direct: DIRECT_URL },
});

/** Everything behind it sees the rows of this tenant alone. */
export const settingsOf = (tenant: string) => ({
  role: 'jobs_app',
  'app.tenant': tenant,
  statement_timeout: '5s',
});
