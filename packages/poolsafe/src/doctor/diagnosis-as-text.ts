import { poolers } from '@poolsafe/core';
import { type Colors, indented, wrapped } from '../output.ts';
import type { Diagnosis } from './diagnose.ts';
import type { UrlFacts } from './environment.ts';
import type { Check } from './examination.ts';
import type { DoctorFinding } from './finding-rows.ts';
import type { Mode } from './pooling.ts';
import type { PackageFacts, ProjectFacts } from './project.ts';
import type { ServerFacts } from './server-facts.ts';

const WIDTH = 100;
const LABEL = 15;

/** A diagnosis for people: what is there, what is wrong, what could not be looked at. */
export function diagnosisAsText(
  { server, urls, project, findings, checks }: Diagnosis,
  colors: Colors,
): string {
  const sections = [
    ...(server === undefined ? [] : [section('Server', serverRows(server), colors)]),
    ...(urls.length === 0 ? [] : [section('URLs', urls.map(urlRow), colors)]),
    ...(project === undefined ? [] : [section('Project', projectRows(project), colors)]),
    ...findings.map((finding) => findingAsText(finding, colors)),
    ...notRun(checks, colors),
    summary(findings, checks, colors),
  ];
  return sections.join('\n\n');
}

type Row = readonly [label: string, text: string];

function section(title: string, rows: readonly Row[], colors: Colors): string {
  return [colors.bold(title), ...rows.map((row) => rowAsText(row, colors))].join('\n');
}

function rowAsText([label, text]: Row, colors: Colors): string {
  const width = label.length < LABEL ? LABEL : label.length + 2;
  const [first = '', ...rest] = wrapped(text, WIDTH - 2 - width).split('\n');
  const lines = [colors.dim(label.padEnd(width)) + first, ...rest.map((line) => ' '.repeat(width) + line)];
  return indented(lines.join('\n'), 2);
}

const modes: Readonly<Record<Mode, string>> = {
  direct: 'a server process of its own for each client',
  session: 'session mode: a server connection for as long as a client is connected',
  transaction: 'transaction mode: a server connection for each transaction',
  statement: 'statement mode: a server connection for each statement, and no transactions',
};

function serverRows(server: ServerFacts): readonly Row[] {
  const { host, port, database, user, product, mode, statements, postgres } = server;
  const place = `${host}:${port}${database === undefined ? '' : `, database ${database}`}${user === undefined ? '' : `, user ${user}`}`;
  const rows: readonly (Row | undefined)[] = [
    ['where', place],
    product && [
      'product',
      [product.name, product.version, `(${product.evidence})`].filter(Boolean).join(' '),
    ],
    postgres === undefined || product?.pooler === 'direct' ? undefined : ['PostgreSQL', postgres],
    postgres !== undefined && product?.pooler === 'direct' ? ['version', postgres] : undefined,
    mode && [
      'mode',
      `${modes[mode]}${server.multiplexing === true ? ' (seen: two clients shared server processes)' : ''}`,
    ],
    statements && [
      'statements',
      statements === 'kept' ? 'named prepared statements are kept' : 'named prepared statements are lost',
    ],
    product && ['option', `poolsafe: { pooler: '${product.pooler}' }  ${poolers[product.pooler].title}`],
    ...startupRows(server),
    ...networkRows(server),
    ...inside(server),
  ];
  return rows.filter((row) => row !== undefined);
}

function startupRows({ startup }: ServerFacts): readonly Row[] {
  if (startup === undefined) return [];
  const names = (taken: boolean) =>
    startup
      .filter((fact) => fact.taken === taken)
      .map(({ parameter }) => parameter)
      .join(', ');
  const refused = names(false);
  return [
    ['login takes', names(true) || 'none'],
    ...(refused === '' ? [] : [['login refuses', refused] as const]),
  ];
}

function networkRows({ addresses, tls, roundTrip }: ServerFacts): readonly Row[] {
  const rows: Row[] = [];
  if (addresses !== undefined) {
    const words = addresses.map(
      ({ address, family, reachable, error }) => `${address} (IPv${family}${reachable ? '' : `, ${error}`})`,
    );
    rows.push(['addresses', words.join(', ')]);
  }
  if (tls !== undefined) rows.push(['TLS', tlsWords(tls)]);
  if (roundTrip !== undefined)
    rows.push([
      'round trip',
      `${roundTrip.median} ms (median of ${roundTrip.samples}; least ${roundTrip.least} ms)`,
    ]);
  return rows;
}

function tlsWords({ offered, used, trusted, reason }: NonNullable<ServerFacts['tls']>): string {
  const certificate =
    trusted === undefined
      ? ''
      : trusted
        ? ', certificate trusted'
        : `, certificate not trusted here (${reason})`;
  if (used !== undefined) return `${used}${certificate}`;
  return offered ? `offered, and not used by this URL${certificate}` : 'not offered';
}

function inside({ role, limits, settings }: ServerFacts): readonly Row[] {
  const rows: Row[] = [];
  if (role !== undefined) {
    const { name, superuser, bypassRls, tablesWithRls } = role;
    const may =
      [superuser && 'SUPERUSER', bypassRls && 'BYPASSRLS'].filter(Boolean).join(', ') ||
      'no SUPERUSER, no BYPASSRLS';
    rows.push(['role', `${name}: ${may}; ${tablesWithRls} tables with row-level security`]);
  }
  if (limits !== undefined) {
    const { maxConnections, inUse, reserved } = limits;
    rows.push(['connections', `${inUse} of ${maxConnections} in use, ${reserved} reserved`]);
  }
  if (settings !== undefined) {
    rows.push(['time zone', settings.TimeZone ?? '']);
    const timeouts = ['statement_timeout', 'idle_in_transaction_session_timeout'];
    rows.push([
      'timeouts',
      timeouts.map((name) => `${name} ${settings[name] === '0' ? 'none' : settings[name]}`).join(', '),
    ]);
  }
  return rows;
}

function urlRow({ variable, from, use, host, port, pooler }: UrlFacts): Row {
  const words = { application: 'the application', direct: 'direct connections, migrations' } as const;
  const used =
    use === 'application and direct'
      ? 'the application, direct connections, migrations'
      : use === 'not used'
        ? use
        : `for ${words[use]}`;
  const where = host === undefined ? 'cannot be read' : `${host}:${port}`;
  const leads = pooler === 'unknown' ? '' : `, ${poolers[pooler].title}`;
  return [variable, `${used}: ${where}${leads} (${from})`];
}

function projectRows({ folder, manager, packages }: ProjectFacts): readonly Row[] {
  const rows: Row[] = [['folder', `${folder}${manager === undefined ? '' : ` (${manager})`}`]];
  if (packages.length === 0) rows.push(['libraries', 'none that talks to PostgreSQL and is known here']);
  return [...rows, ...packages.map(packageRow)];
}

function packageRow({ name, range, version, replacement, safe }: PackageFacts): Row {
  const known = version ?? `${range} (not installed)`;
  if (replacement === undefined) return [name, known];
  return [name, safe ? `${known}, with ${replacement}: fine` : `${known}; ${replacement} takes its place`];
}

function findingAsText(
  { code, severity, title, evidence, fix, page }: DoctorFinding,
  colors: Colors,
): string {
  const color = { error: colors.red, warning: colors.yellow, info: colors.cyan }[severity];
  const isCode = fix.includes('\n');
  const rows: readonly Row[] = [['evidence', evidence], ...(isCode ? [] : [['fix', fix] as const])];
  return [
    `${color(severity)}  ${colors.bold(title)}`,
    ...rows.map((row) => rowAsText(row, colors)),
    ...(isCode ? [rowAsText(['fix', ''], colors).trimEnd(), indented(fix, 4)] : []),
    rowAsText(['code', `${code}, ${page}`], colors),
  ].join('\n');
}

function notRun(checks: readonly Check[], colors: Colors): readonly string[] {
  const whys = new Map<string, string[]>();
  for (const { name, outcome, why = '' } of checks) {
    if (outcome === 'could not run') whys.set(why, [...(whys.get(why) ?? []), name]);
  }
  if (whys.size === 0) return [];
  const lines = [...whys].map(([why, names]) => `${names.join(', ')}: ${why}`);
  return [
    [colors.bold('Not looked at'), ...lines.map((line) => indented(wrapped(line, WIDTH - 2), 2))].join('\n'),
  ];
}

function summary(findings: readonly DoctorFinding[], checks: readonly Check[], colors: Colors): string {
  const count = (severity: DoctorFinding['severity']) =>
    findings.filter((one) => one.severity === severity).length;
  const ran = checks.filter(({ outcome }) => outcome !== 'could not run').length;
  const ms = checks.reduce((sum, check) => sum + check.ms, 0);
  const found = [
    many(count('error'), 'error'),
    many(count('warning'), 'warning'),
    many(count('info'), 'note'),
  ];
  const words = `${found.join(', ')}; ${ran} of ${checks.length} checks ran, in ${ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`}`;
  return count('error') + count('warning') === 0 ? colors.green(words) : words;
}

function many(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
