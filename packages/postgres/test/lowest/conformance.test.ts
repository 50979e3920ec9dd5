import './use-lowest.ts';
import { conformance } from '@poolsafe/conformance';
import { inject, test } from 'vitest';

const { subject } = await import('./subject.ts');

conformance({
  test,
  subject,
  servers: inject('servers'),
  targets: ['1.18', 'latest', 'direct'],
  sides: ['safe'],
});
