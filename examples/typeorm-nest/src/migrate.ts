import { dataSource } from './data-source.ts';

// Any number of deployments may do this at once: each migration is applied once.
await dataSource.initialize();
await dataSource.runMigrations();
await dataSource.destroy();
