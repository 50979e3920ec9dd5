import { compareWithPostgres } from './drop-in/compare.ts';

await compareWithPostgres();
