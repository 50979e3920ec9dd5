import { readFileSync } from 'node:fs';
import { exchange, folderOf } from '../exchange.ts';

const lowest = folderOf('@prisma/adapter-pg-lowest');

/** The version that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = JSON.parse(readFileSync(new URL('package.json', lowest), 'utf8')).version;

exchange(folderOf('@prisma/adapter-pg'), lowest);
