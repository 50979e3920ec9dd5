import { resolve } from 'node:path';
import { PoolsafeError } from '@poolsafe/core';
import { findUrls } from '@poolsafe/core/urls';
import { proposeSwap } from '../init/propose.ts';
import { redact } from '../log-line.ts';
import {
  type Environment,
  examineDirect,
  examineUrls,
  readEnvironment,
  type UrlFacts,
  urlFacts,
} from './environment.ts';
import { type Check, type Examination, type Note, startExamination } from './examination.ts';
import { failureOf } from './failures.ts';
import type { DoctorFinding } from './finding-rows.ts';
import { type ProjectFacts, readProject } from './project.ts';
import { type Examined, examineServer, identify } from './server.ts';
import type { ServerFacts } from './server-facts.ts';
import { LoginError } from './session.ts';
import { examineStacks } from './stack-findings.ts';

/**
 * What {@link diagnose} looks at.
 *
 * ```ts
 * const options: DiagnoseOptions = { url: process.env.DATABASE_URL, cwd: 'apps/web', deadline: 2_000 }
 * ```
 */
export interface DiagnoseOptions {
  /** The URL of the application. Default: that of `resolveUrls()` of the environment, `.env.local` and `.env`. */
  readonly url?: string | undefined;
  /** The URL that leads to PostgreSQL itself. Default: as above; with a `url` of your own, none. */
  readonly direct?: string | undefined;
  /** A folder of the project. Default: the current one. */
  readonly cwd?: string;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds for each check. Default: 5000. */
  readonly deadline?: number;
  /** Gets the name of each check when it begins. */
  readonly onProgress?: (name: string) => void;
}

/**
 * What {@link diagnose} found out: plain data, without passwords and values of settings that may be secrets.
 *
 * ```ts
 * const { server, findings, checks }: Diagnosis = await diagnose()
 * ```
 */
export interface Diagnosis {
  readonly server?: ServerFacts;
  readonly urls: readonly UrlFacts[];
  readonly project?: ProjectFacts;
  /** The worst first. */
  readonly findings: readonly DoctorFinding[];
  readonly checks: readonly Check[];
}

/**
 * Finds out what is on the other side of a connection URL, what the URLs of the environment are for, what the project
 * uses, and what of that breaks. Reads only; each check has a deadline; what could not be looked at says so. Never
 * throws for what a server does.
 *
 * ```ts
 * import { diagnose } from 'poolsafe'
 *
 * const { server, findings } = await diagnose({ url: process.env.DATABASE_URL })
 * console.log(server?.product?.name, server?.mode, findings.map(({ code }) => code))
 * ```
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const { cwd = process.cwd(), env = process.env, deadline = 5_000, onProgress = () => {} } = options;
  const folder = resolve(cwd);
  const examination = startExamination(deadline, onProgress);
  const project = await examination.check('project', () => readProject(folder));
  const found = await lookForUrls(folder, project, env, options, examination);
  const examined = await examineFound(found, examination);
  await compareDirect(found, examined, examination);
  const server = examined?.facts;
  if (project !== undefined) await examineProject(project, server, found.urls, examination);
  return {
    ...(server !== undefined && { server }),
    urls: found.urls,
    ...(project !== undefined && { project }),
    findings: sorted(examination.findings),
    checks: examination.checks,
  };
}

interface FoundUrls {
  readonly urls: readonly UrlFacts[];
  readonly url: string | undefined;
  readonly direct: string | undefined;
}

async function lookForUrls(
  folder: string,
  project: ProjectFacts | undefined,
  env: NonNullable<DiagnoseOptions['env']>,
  { url, direct }: DiagnoseOptions,
  examination: Examination,
): Promise<FoundUrls> {
  const environment = await examination.check('environment', () =>
    readEnvironment(project?.folder ?? folder, env),
  );
  const urls = environment === undefined ? [] : urlFacts(environment);
  if (url !== undefined) return { urls, url, direct: direct ?? directBeside(url, environment) };
  const chosen = await examination.check('urls', async (note) =>
    examineUrls(environment ?? { values: {}, from: {} }, note),
  );
  return { urls, url: chosen?.url, direct: direct ?? chosen?.direct };
}

/** What was given is not to be mixed with what is lying around for another application. */
function directBeside(url: string, environment: Environment | undefined): string | undefined {
  const found = findUrls(environment?.values ?? {});
  return found.url?.value === url ? found.direct?.value : undefined;
}

async function examineFound({ url }: FoundUrls, examination: Examination): Promise<Examined | undefined> {
  if (url !== undefined) return examineServer(url, examination);
  examination.skip('server', 'there is no URL');
  return undefined;
}

async function compareDirect(
  { url, direct, urls }: FoundUrls,
  examined: Examined | undefined,
  examination: Examination,
): Promise<void> {
  if (url === undefined || examined === undefined) return;
  const { facts, identity } = examined;
  if (facts.mode === undefined) examination.skip('direct url', 'the mode is not known');
  else {
    const isPooled = facts.mode === 'transaction' || facts.mode === 'statement';
    await examineDirect({ host: facts.host, isPooled, direct, urls }, examination);
  }
  if (direct === undefined || direct === url) return;
  await examination.check('direct server', async (note) => {
    const other = await identify(direct, examination.deadline).catch((error: unknown) => {
      noteUnusable(error, note);
      throw error;
    });
    const isKnown = examination.findings.some(({ code }) => code === 'DOCTOR_DIRECT_IS_POOLED');
    if (!other.direct && !isKnown) note('DOCTOR_DIRECT_IS_POOLED', { evidence: other.evidence });
    if (identity === undefined) return;
    const isSame =
      other.identity.started === identity.started && other.identity.databaseOid === identity.databaseOid;
    if (isSame) return;
    const evidence = `PostgreSQL started at ${identity.started} and at ${other.identity.started}, database ${identity.databaseOid} and ${other.identity.databaseOid}`;
    note('DOCTOR_DIRECT_ELSEWHERE', { evidence });
  });
}

function noteUnusable(error: unknown, note: Note): void {
  const title = 'The URL for direct connections does not connect';
  if (error instanceof LoginError) {
    const evidence = redact([error.code, error.message].filter(Boolean).join(' '));
    note(failureOf(error), { evidence, title });
  } else if (PoolsafeError.is(error)) {
    note('DOCTOR_URL', { evidence: error.message.split('\n')[0] ?? '', title });
  }
}

/** Tests reach the database as they like: what they import runs in no application. */
const ofTests = /(?:^|[\\/])(?:tests?|__tests__|e2e)[\\/]|\.(?:test|spec)\.[cm]?[jt]sx?$/;

async function examineProject(
  project: ProjectFacts,
  server: ServerFacts | undefined,
  urls: readonly UrlFacts[],
  examination: Examination,
): Promise<void> {
  const files = await examination.check('imports', async (note, signal) => {
    const proposal = await proposeSwap({ cwd: project.folder, signal });
    const files = proposal.files.filter(({ path }) => !ofTests.test(path));
    const installed = project.packages.filter(({ safe }) => safe);
    for (const { name, replacement } of installed) {
      const own = files.filter(({ modules }) =>
        modules.some((module) => module === name || module.startsWith(`${name}/`)),
      );
      if (own.length === 0) continue;
      const evidence = `${replacement} is a dependency, and ${own.map(({ path }) => path).join(', ')} import ${name}`;
      note('DOCTOR_BARE_IMPORTS', { evidence });
    }
    return files;
  });
  const imported = files && new Set(files.flatMap(({ modules }) => modules));
  await examination.check('libraries', async (note) =>
    examineStacks(project, { server, urls, imported }, note),
  );
}

const order = ['error', 'warning', 'info'];

function sorted(findings: readonly DoctorFinding[]): readonly DoctorFinding[] {
  return [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
