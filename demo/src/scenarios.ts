import { type Case, cases } from '@poolsafe/conformance';

/** What the demo shows: a case of the conformance suite, in the words of those who run into it. */
export interface Scenario {
  readonly title: string;
  readonly one: Case;
  /** What a refusal advises; it must then work. */
  readonly advice?: Case;
  /** Shows nothing to a role that bypasses row-level security. */
  readonly rowSecurity?: boolean;
}

const byId = (id: string): Case => {
  const found = cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`The conformance suite has no case "${id}".`);
  return found;
};

/** The workload of the bug reports, and the two that nobody notices until it is too late. */
export const scenarios: readonly Scenario[] = [
  { title: 'prepared query, 20 workers x 200', one: byId('workload') },
  { title: 'two services, same statement name', one: byId('named-other-sql') },
  {
    title: 'two tenants, row-level security',
    one: byId('tenant-leak'),
    advice: byId('tenant-local'),
    rowSecurity: true,
  },
];
