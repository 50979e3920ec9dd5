export type { Address } from './address.ts';
export { countFlights, type FlightCounter } from './flights.ts';
export { type Odyssey, type OdysseySpec, startOdyssey } from './odyssey.ts';
export { type PgBouncer, type PgBouncerSpec, startPgBouncer } from './pgbouncer.ts';
export type { Pooler, StopOptions } from './pooler.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export type { ProgressOptions } from './progress.ts';
export type { Row } from './query.ts';
export { type Stack, type StackOptions, standardOdysseys, standardPgBouncers, startStack } from './stack.ts';
