import { type Diagnosis, diagnose } from '../doctor/diagnose.ts';
import { diagnosisAsText } from '../doctor/diagnosis-as-text.ts';
import { colorsFor, exitCodes } from '../output.ts';
import { startProgress } from '../progress.ts';

/** The options of `poolsafe doctor`, as they were typed. */
export interface DoctorFlags {
  readonly direct?: string;
  readonly cwd?: string;
  readonly deadline: string;
  readonly json?: true;
}

/** `poolsafe doctor`: writes the diagnosis, and gives the exit code. */
export async function runDoctor(url: string | undefined, flags: DoctorFlags): Promise<number> {
  const { direct, cwd, json } = flags;
  const deadline = Number(flags.deadline) * 1_000;
  // Timers take no more.
  if (!(deadline >= 100 && deadline <= 600_000))
    throw new Error('--deadline is not a number of seconds from 0.1 to 600.');
  const progress = startProgress(json === true);
  try {
    const diagnosis = await diagnose({
      url,
      direct,
      deadline,
      ...(cwd !== undefined && { cwd }),
      onProgress: (name) => progress.report(`looking at: ${name}`),
    });
    progress.end();
    const text = json ? JSON.stringify(diagnosis) : diagnosisAsText(diagnosis, colorsFor(process.stdout));
    process.stdout.write(`${text}\n`);
    return exitCodeOf(diagnosis);
  } finally {
    progress.end();
  }
}

/** A server that lets nobody in is a finding; where there was neither a server to ask nor a project, nothing ran. */
function exitCodeOf({ server, project, findings }: Diagnosis): number {
  if (server === undefined && project === undefined) return exitCodes.couldNotRun;
  return findings.some(({ severity }) => severity !== 'info') ? exitCodes.findings : exitCodes.fine;
}
