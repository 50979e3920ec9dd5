export { type Explanation, explain } from './explain.ts';
export { type Example, type Hazard, hazards } from './hazards.ts';
export { type Provider, providerOf, providers } from './providers.ts';
export type { HazardCode } from './refusals.ts';
export { fixFor, type Stack, stacks } from './stacks.ts';
export { type Story, stories } from './stories.ts';
