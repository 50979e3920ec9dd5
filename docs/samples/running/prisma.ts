import { Pool } from '@poolsafe/pg';
import { PrismaPg, UtcClient } from '@poolsafe/prisma';
import { PrismaClient } from '../../.samples/prisma/client/index.js';
import './common.ts';

Object.assign(globalThis, { Pool, PrismaPg, UtcClient, PrismaClient });
