import { operations } from './stacks/operations.ts';
import type { StackResult } from './stacks.ts';

const panels = ['join', 'select'] as const;
const kinds = ['classic', 'tracking', 'direct'] as const;

const [labels, width, gap, top, bar] = [150, 330, 24, 64, 11];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 10.5px; fill: #57606a }
  .grid { stroke: #d0d7de } .one { stroke: #24292f; stroke-width: 1.5 } .spread { stroke: #24292f; opacity: 0.55 }
  .classic { fill: #8c959f } .tracking { fill: #1a7f5a } .direct { fill: #5b7fd4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 }
    .grid { stroke: #3d444d } .one { stroke: #e6edf3 } .spread { stroke: #e6edf3 }
    .classic { fill: #6e7681 } .tracking { fill: #3fb27f } .direct { fill: #6f94ea }
  }`;

/** The throughput of poolsafe against bare as bars, for the join and the primary key: an SVG. */
export function plot(results: readonly StackResult[]): string {
  const stacks = [...new Set(results.map(({ stack }) => stack))];
  const shown = results.filter(({ operation }) => panels.some((panel) => panel === operation));
  const most = Math.max(1.5, Math.ceil(Math.max(...shown.map(({ ratio }) => ratio[1])) * 2.2) / 2);
  const group = kinds.length * bar + 12;
  const bottom = top + stacks.length * group;
  const size = [labels + panels.length * (width + gap), bottom + 28] as const;
  const names = stacks.map((stack, n) => {
    const middle = top + n * group + (kinds.length * bar) / 2 + 4;
    return `<text x="${labels - 10}" y="${middle}" text-anchor="end">${stack}</text>`;
  });
  const legend = kinds.map((kind, n) => {
    const x = labels + n * 200;
    const title = results.find((result) => result.kind === kind)?.target ?? kind;
    return `<rect class="${kind}" x="${x}" y="8" width="10" height="10"/><text class="small" x="${x + 15}" y="17">${title}</text>`;
  });
  const drawn = panels.map((panel, n) => {
    const of = shown.filter(({ operation }) => operation === panel);
    const place = { left: labels + n * (width + gap), most, bottom, group };
    return panelOf(`${operations[panel]}: throughput of poolsafe / bare`, of, stacks, place);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" role="img">
<title>Throughput of poolsafe against the bare library</title>
<style>${style}
</style>
${[...legend, ...names, ...drawn.flat()].join('\n')}
</svg>
`;
}

interface Place {
  readonly left: number;
  readonly most: number;
  readonly bottom: number;
  readonly group: number;
}

function panelOf(
  title: string,
  results: readonly StackResult[],
  stacks: readonly string[],
  { left, most, bottom, group }: Place,
): string[] {
  const x = (ratio: number) => Math.round((left + (Math.min(ratio, most) / most) * width) * 10) / 10;
  const ticks = Array.from({ length: Math.floor(most * 2) + 1 }, (_, n) => n / 2);
  const grid = ticks.map((tick) => {
    const line = `x1="${x(tick)}" x2="${x(tick)}" y1="${top - 6}" y2="${bottom}"`;
    const text = `<text class="small" x="${x(tick)}" y="${bottom + 14}" text-anchor="middle">${tick}</text>`;
    return `<line class="grid" ${line}/>${tick % 1 === 0 ? text : ''}`;
  });
  const bars = results.map(({ stack, kind, ratio: [least, median, greatest] }) => {
    const y = top + stacks.indexOf(stack) * group + kinds.indexOf(kind) * bar;
    const middle = y + (bar - 2) / 2;
    const rect = `<rect class="${kind}" x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="${bar - 2}"/>`;
    return `${rect}<line class="spread" x1="${x(least)}" x2="${x(greatest)}" y1="${middle}" y2="${middle}"/>`;
  });
  const one = `<line class="one" x1="${x(1)}" x2="${x(1)}" y1="${top - 6}" y2="${bottom}"/>`;
  return [`<text x="${left}" y="44">${title}</text>`, ...grid, ...bars, one];
}
