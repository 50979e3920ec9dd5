import {
  type Outcome,
  openSiteAt,
  type PoolerUnderTest,
  type Run,
  runCase,
  runCaseAt,
  type Servers,
  type Subject,
  standardServers,
} from '@poolsafe/conformance';
import { startStack } from '@poolsafe/stack';
import { subject as drizzle } from '../../packages/drizzle/test/subject.ts';
import { subject as pg } from '../../packages/pg/test/subject.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** One cell of the table. */
export interface Cell {
  readonly stack: string;
  readonly scenario: string;
  readonly pooler: string;
  readonly bare: Outcome;
  readonly poolsafe: Outcome;
  /** What became of the advice of a refusal. */
  readonly advice?: Outcome;
}

type Report = (line: string) => void;
type Execute = (run: Run) => Promise<Outcome>;

const subjects: readonly Subject[] = [pg, drizzle];

/** What was run, and why something was not. */
export interface Demo {
  readonly cells: readonly Cell[];
  readonly notRun: readonly string[];
}

/** Runs every scenario through the four PgBouncers of a stack that is started for it. */
export async function runOnStack(report: Report, signal: AbortSignal): Promise<Demo> {
  await using stack = await startStack({ onProgress: report });
  const servers: Servers = await standardServers(stack);
  const execute: Execute = (run) => runCase(run, servers);
  return { cells: await runAll(servers.poolers, scenarios, execute, report, signal), notRun: [] };
}

/** Runs every scenario through one pooler, each in a schema of its own that it removes. */
export async function runOnUrl(url: string, report: Report, signal: AbortSignal): Promise<Demo> {
  const { hostname, port } = new URL(url);
  // The cases of the demo look at none of this: they take the URL and nothing else.
  const pooler = { name: `${hostname}:${port || 5432}` } as PoolerUnderTest;
  const possible = (await bypassesRowSecurity(url))
    ? scenarios.filter((scenario) => !scenario.rowSecurity)
    : scenarios;
  const execute: Execute = async (run) => {
    await using site = await openSiteAt(url);
    return await runCaseAt(run, site);
  };
  const left = scenarios.filter((scenario) => !possible.includes(scenario));
  return {
    cells: await runAll([pooler], possible, execute, report, signal),
    notRun: left.map(
      ({ title }) => `${title}: this role bypasses row-level security, so there is nothing to see`,
    ),
  };
}

async function bypassesRowSecurity(url: string): Promise<boolean> {
  await using site = await openSiteAt(url);
  const [role] = await site.sql(
    'select rolsuper or rolbypassrls as bypasses from pg_roles where rolname = current_user',
  );
  return role?.bypasses === true;
}

async function runAll(
  poolers: readonly PoolerUnderTest[],
  chosen: readonly Scenario[],
  execute: Execute,
  report: Report,
  signal: AbortSignal,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const pooler of poolers) {
    for (const subject of subjects) {
      for (const scenario of chosen) {
        signal.throwIfAborted();
        report(`${pooler.name}: ${subject.name}: ${scenario.title}`);
        cells.push(await runOne(pooler, subject, scenario, execute));
      }
    }
  }
  return cells;
}

async function runOne(
  pooler: PoolerUnderTest,
  subject: Subject,
  { title, one, advice }: Scenario,
  execute: Execute,
): Promise<Cell> {
  const bare = await execute({ one, subject, side: 'bare', pooler });
  const poolsafe = await execute({ one, subject, side: 'safe', pooler });
  const cell = { stack: subject.name, scenario: title, pooler: pooler.name, bare, poolsafe };
  if (advice === undefined || poolsafe.verdict !== 'refused') return cell;
  return { ...cell, advice: await execute({ one: advice, subject, side: 'safe', pooler }) };
}

/** Whether poolsafe held: it worked, or refused with advice that worked. */
export function held({ poolsafe, advice }: Cell): boolean {
  return poolsafe.verdict === 'ok' || (poolsafe.verdict === 'refused' && advice?.verdict === 'ok');
}

/** Whether the bare library broke. */
export function red({ bare }: Cell): boolean {
  return bare.verdict !== 'ok';
}
