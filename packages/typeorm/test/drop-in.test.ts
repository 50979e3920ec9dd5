import { compareWithTypeorm } from './drop-in/compare.ts';

await compareWithTypeorm();
