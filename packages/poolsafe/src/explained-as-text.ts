import type { Advice, Explained, ExplainedError } from './explain-text.ts';
import { type Colors, indented, wrapped } from './output.ts';
import type { WayOut } from './ways-out.ts';

const WIDTH = 100;
const LABEL = 12;

/** What {@link explainText} found, for people. */
export function explainedAsText({ findings, lines }: Explained, colors: Colors): string {
  const errors = findings.map((error) => errorAsText(error, colors));
  const read = lines === 1 ? '1 line' : `${lines} lines`;
  const found = findings.length === 1 ? '1 known error' : `${findings.length || 'no'} known errors`;
  return [...errors, `${found} in ${read}`].join('\n\n');
}

function errorAsText(error: ExplainedError, colors: Colors): string {
  const { evidence, line, lines, time, raisedBy, cause, fix, retry, advice, page } = error;
  const where = lines === 1 ? `line ${line}` : `${lines} lines, the first is line ${line}`;
  const rows = [
    ['where', time === undefined ? where : `${where}, ${time}`],
    ['raised by', raisedBy],
    ['cause', cause],
    // Where a stack has a way of its own, the row's words would send others to a package of Node.
    ...(hasOwnWay(advice) ? [] : [['fix', fix]]),
    ['send again', mayRepeat[retry]],
    ['read more', page],
  ] as const;
  return [
    colors.bold(colors.red(evidence)),
    ...rows.map(([label = '', text = '']) => row(label, text, colors)),
    ...advice.map((one) => `\n${adviceAsText(one, colors)}`),
  ].join('\n');
}

/** As on the page of errors. */
const mayRepeat: { readonly [Retry in ExplainedError['retry']]: string } = {
  'it did not run': 'yes, it did not run; in a transaction, the whole transaction',
  'it may have run': 'only what may run twice: it may have run',
  'not until it is fixed': 'no, it fails again until the cause is gone',
};

function hasOwnWay(advice: readonly Advice[]): boolean {
  return advice.some(({ ways }) => ways.some(({ way }) => way === 'transaction pooler'));
}

function row(label: string, text: string, colors: Colors, indent = 2): string {
  const [first = '', ...rest] = wrapped(text, WIDTH - indent - LABEL).split('\n');
  const head = `${' '.repeat(indent)}${colors.dim(label.padEnd(LABEL))}${first}`;
  return [head, ...rest.map((line) => ' '.repeat(indent + LABEL) + line)].join('\n');
}

function adviceAsText({ title, ways }: Advice, colors: Colors): string {
  const head = title === undefined ? 'Ways out, whatever the client' : `Ways out for ${title}`;
  return [`  ${colors.bold(head)}`, ...ways.map((way, index) => wayAsText(way, index + 1, colors))].join(
    '\n',
  );
}

const wayTitles: { readonly [Way in WayOut['way']]: string } = {
  'transaction pooler': 'Stay on the transaction pooler (Supabase: port 6543)',
  'tracking pooler': 'A pooler that keeps prepared statements',
  'session pooler': 'A session pooler',
  'direct connection': 'A direct connection',
};

function wayAsText(
  { way, settings, costs, source, verified }: WayOut,
  number: number,
  colors: Colors,
): string {
  return [
    `  ${number}. ${colors.green(wayTitles[way])}`,
    indented(settings, 7),
    row('costs', costs, colors, 5),
    row('verified', verified === false ? 'no: read, not run' : verified, colors, 5),
    row('source', source, colors, 5),
  ].join('\n');
}
