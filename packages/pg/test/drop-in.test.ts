import { compareWithPg } from './drop-in/compare.ts';

await compareWithPg();
