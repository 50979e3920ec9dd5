// drizzle-orm has declarations of its own for CommonJS, whose classes are others to TypeScript than those for ES
// modules. So that a program that is CommonJS sees the same ones here, ours are there twice, too.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);

for (const name of readdirSync(dist).filter((file) => file.endsWith('.d.ts'))) {
  const text = readFileSync(new URL(name, dist), 'utf8');
  const relative = /(from|import\() ?'(\.\/[^']*)\.js'/g;
  writeFileSync(new URL(name.replace(/\.d\.ts$/, '.d.cts'), dist), text.replace(relative, "$1 '$2.cjs'"));
}
