export type { ClientStackName } from './client-stacks.ts';
export type { ConsoleFacts } from './doctor/console.ts';
export { type DiagnoseOptions, type Diagnosis, diagnose } from './doctor/diagnose.ts';
export type { UrlFacts } from './doctor/environment.ts';
export type { Check } from './doctor/examination.ts';
export type { DoctorCode, DoctorFinding, OwnCode } from './doctor/finding-rows.ts';
export type { Manager } from './doctor/lockfile.ts';
export type { AddressFacts, TlsFacts } from './doctor/network.ts';
export type { Mode } from './doctor/pooling.ts';
export type { Product } from './doctor/product.ts';
export type { PackageFacts, ProjectFacts } from './doctor/project.ts';
export type { LimitFacts, RoleFacts, RoundTrip, ServerFacts } from './doctor/server-facts.ts';
export type { StartupFact } from './doctor/startup-logins.ts';
export {
  type Advice,
  type Explained,
  type ExplainedError,
  type ExplainOptions,
  explainLines,
  explainText,
} from './explain-text.ts';
export type { Finding } from './finding.ts';
export {
  applySwap,
  type Install,
  type LeftAlone,
  proposeSwap,
  type SwapOptions,
  type SwapProposal,
  type SwappedSource,
} from './init/propose.ts';
export type { Left } from './init/swap-context.ts';
export { type Dev, type DevOptions, startDev } from './start-dev.ts';
export type { WayOut } from './ways-out.ts';
