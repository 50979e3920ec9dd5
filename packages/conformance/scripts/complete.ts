import { cases, isDeclaredFor, type Result } from '@poolsafe/conformance';

/**
 * Throws unless there are results of a whole run of each subject, and of no other: a run of chosen tests leaves
 * its results in the place of those of the whole one.
 */
export function assertComplete(results: readonly Result[], subjects: readonly string[]): void {
  const seen = [...new Set(results.map(({ subject }) => subject))];
  const without = subjects.find((subject) => !seen.includes(subject));
  if (without !== undefined) throw new Error(`There are no results of ${without}: run its tests first.`);
  const unknown = seen.find((subject) => !subjects.includes(subject));
  if (unknown !== undefined) throw new Error(`There is no section for the results of ${unknown}.`);
  const targets = [...new Set(results.map(({ pooler }) => pooler))];
  for (const subject of subjects) {
    const missing = missingIn(
      results.filter((result) => result.subject === subject),
      targets,
    );
    if (missing !== undefined)
      throw new Error(`The results of ${subject} are not those of a whole run: ${missing} is missing.`);
  }
}

/** A case that ran somewhere runs everywhere, on both sides; one that needs nothing runs in any case. */
function missingIn(own: readonly Result[], targets: readonly string[]): string | undefined {
  const there = new Set(own.map(({ case: id, pooler, side }) => `${id} | ${pooler} | ${side}`));
  const ran = new Set(own.map(({ case: id }) => id));
  return cases
    .filter(({ id, needs }) => ran.has(id) || needs.length === 0)
    .flatMap(({ id, needsPooler }) =>
      targets
        .filter((target) => isDeclaredFor(id, target))
        .filter((target) => target !== 'direct' || needsPooler === undefined)
        .flatMap((target) => [`${id} | ${target} | bare`, `${id} | ${target} | safe`]),
    )
    .find((run) => !there.has(run));
}
