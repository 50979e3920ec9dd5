import './use-lowest.ts';
import { conformance } from '@poolsafe/conformance';
import { inject, test } from 'vitest';
import { subject } from './subject.ts';

const servers = inject('servers');
const poolers = servers.poolers.filter(({ name }) => name === '1.18' || name === 'latest');

conformance({ test, subject, servers: { ...servers, poolers } });
