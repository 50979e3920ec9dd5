export {
  behindPooler,
  type Case,
  type Context,
  classicOrTracking,
  type Declared,
  type LifecycleEvent,
  whereDiscarded,
} from './case.ts';
export { verdictsOfPostgresJs, verdictsWithoutNames } from './cases/prepared.ts';
export { type ConformanceOptions, cases, conformance, isDeclaredFor, type Result } from './conformance.ts';
export { matrix, summary } from './matrix.ts';
export { readResults, writeResults } from './results-file.ts';
export { type Run, runCase, runCaseAt } from './run-case.ts';
export {
  openSiteAt,
  type PoolerUnderTest,
  prepareServer,
  type Servers,
  type Site,
  type Target,
} from './site.ts';
export { standardServers } from './standard-servers.ts';
export type { App, AppOptions, Migration, Row, Runner, Side, Subject, Supports } from './subject.ts';
export { Finding, type Outcome, type Verdict } from './verdict.ts';
