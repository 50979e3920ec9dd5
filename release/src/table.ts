/** A table in Markdown. `marks` stands beneath the columns behind the first: `---:` aligns them to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  marks: '---' | '---:' = '---',
): string {
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : marks)), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
