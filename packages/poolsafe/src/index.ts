export type { ClientStackName } from './client-stacks.ts';
export {
  type Advice,
  type Explained,
  type ExplainedError,
  type ExplainOptions,
  explainLines,
  explainText,
} from './explain-text.ts';
export type { Finding } from './finding.ts';
export { type Dev, type DevOptions, startDev } from './start-dev.ts';
export type { WayOut } from './ways-out.ts';
