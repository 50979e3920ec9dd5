import './use-lowest.ts';
import { conformance } from '@poolsafe/conformance';
import { inject, test } from 'vitest';
import { subject } from './subject.ts';

conformance({ test, subject, servers: inject('servers'), sides: ['safe'] });
