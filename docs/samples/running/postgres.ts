import postgres from '@poolsafe/postgres';
import './common.ts';

Object.assign(globalThis, { postgres });
