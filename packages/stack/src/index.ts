export type { Address } from './address.ts';
export { type PgBouncer, type PgBouncerSpec, type StopOptions, startPgBouncer } from './pgbouncer.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export type { ProgressOptions } from './progress.ts';
export type { Row } from './query.ts';
export { type Stack, type StackOptions, standardPgBouncers, startStack } from './stack.ts';
