import './use-lowest.ts';
import { conformance } from '@poolsafe/conformance';
import { inject, test } from 'vitest';
import { subject } from './postgres-js-subject.ts';

// What the bare library does is measured with its current version.
conformance({ test, subject, servers: inject('servers'), sides: ['safe'] });
