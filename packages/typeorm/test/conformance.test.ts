import { conformance, writeResults } from '@poolsafe/conformance';
import { afterAll, inject, test } from 'vitest';
import { resultsFolder } from '../../conformance/test/results-folder.ts';
import { subject } from './subject.ts';

const results = conformance({ test, subject, servers: inject('servers') });

afterAll(() => writeResults(resultsFolder, results));
