import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { logins, type Outcome, play, type Scene } from './choosing/scene.ts';
import { maxConnections, poolSize, queryWaitTimeout, startWays, wayNames } from './choosing/ways.ts';
import { amount, table } from './table.ts';

// What docs/guides/choosing.md says in figures: `--write` puts those of this run into it.
const page = new URL('../../docs/guides/choosing.md', import.meta.url);
const marks = ['<!-- measured by bench/src/choosing.ts -->', '<!-- end -->'] as const;

const busy: readonly Scene[] = [10, 50].map((clients) => ({ clients, pause: 0 }));
const idle: readonly Scene[] = [10, 50, 200, 500].map((clients) => ({ clients, pause: 200 }));

/** What happens in a scene, each way in turn. */
interface Played {
  readonly scene: Scene;
  readonly outcomes: readonly Outcome[];
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const text = await measure();
console.log(text);
if (values.write) writeFileSync(page, replaced(readFileSync(page, 'utf8'), text));

async function measure(): Promise<string> {
  await using ways = await startWays();
  const [transaction, , direct] = await logins(ways, wayNames, 40);
  const played: Played[] = [];
  for (const scene of [...busy, ...idle]) {
    const outcomes: Outcome[] = [];
    for (const way of wayNames) outcomes.push(await play(ways, way, scene));
    played.push({ scene, outcomes });
  }
  const of = (scenes: readonly Scene[]) => played.filter(({ scene }) => scenes.includes(scene));
  return [
    `PostgreSQL ${ways.postgres} with \`max_connections = ${maxConnections}\`; PgBouncer ${ways.pgbouncer} with \`default_pool_size = ${poolSize}\` and \`query_wait_timeout = ${queryWaitTimeout}\`; \`pg\`, one connection for each client. Clients, PgBouncer and PostgreSQL share ${cpus().length} processors, Node ${process.version}.`,
    'Clients that do something every 200 ms:',
    show(of(idle)),
    'Clients that never pause:',
    show(of(busy)),
    `A login, with the first query behind it: ${amount(direct, 1)} ms direct, ${amount(transaction, 1)} ms through the transaction pooler (medians of 40 in turn; password with SCRAM, no TLS, the same machine).`,
    errors(played),
  ].join('\n\n');
}

function show(played: readonly Played[]): string {
  const head = [
    'clients',
    'way',
    'served',
    'refused',
    'gave up',
    'queries /s, ratio',
    'median ms',
    '99 % ms',
  ];
  const rows = played.flatMap(({ scene, outcomes }) => {
    const [transaction] = outcomes;
    return outcomes.map((one, i) => [
      String(scene.clients),
      wayNames[i] ?? '',
      String(one.served),
      String(one.refused),
      String(one.gaveUp),
      (one.rate / (transaction?.rate ?? Number.NaN)).toFixed(2),
      amount(one.middle, 1),
      amount(one.slowest, 1),
      String(one.backends),
      amount(one.memory),
    ]);
  });
  return table([...head, 'backends', 'MB'], rows);
}

function errors(played: readonly Played[]): string {
  const lines = wayNames.map((way, i) => {
    const seen = [...new Set(played.flatMap(({ outcomes }) => outcomes[i]?.errors ?? []))];
    return `- ${way}: ${seen.map((error) => `\`${error}\``).join(', ') || 'none'}`;
  });
  return `Errors:\n\n${lines.join('\n')}`;
}

function replaced(content: string, figures: string): string {
  const [start, end] = marks;
  const [from, to] = [content.indexOf(start), content.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`${page.pathname} has no "${start}" and "${end}" around figures.`);
  return `${content.slice(0, from + start.length)}\n\n${figures}\n\n${content.slice(to)}`;
}
