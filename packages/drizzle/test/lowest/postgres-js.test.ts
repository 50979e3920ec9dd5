import './use-lowest.ts';
import { conformance } from '@poolsafe/conformance';
import { inject, test } from 'vitest';
import { subject } from './postgres-js-subject.ts';

// What the bare library does is measured with its current version.
const onlySafe = (name: string, run: () => Promise<void>) => name.endsWith(' | safe') && test(name, run);

conformance({ test: onlySafe, subject, servers: inject('servers') });
