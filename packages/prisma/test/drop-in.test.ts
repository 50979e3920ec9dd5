import { compareWithAdapter } from './drop-in.ts';

await compareWithAdapter();
