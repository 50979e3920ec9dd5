import * as poolsafe from '@poolsafe/pg';
import { direct, url } from './common.ts';

const pool = new poolsafe.Pool({ connectionString: url, poolsafe: { direct } });
const { Pool, resolveUrls, withSettings } = poolsafe;
Object.assign(globalThis, { Pool, resolveUrls, withSettings, pool });
