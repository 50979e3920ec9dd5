export { PostgresDialect, type PostgresDialectConfig } from './postgres-dialect.ts';
