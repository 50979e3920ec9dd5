// The examples of the repository are the templates. npm leaves files out that are called .gitignore.
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const templates = fileURLToPath(new URL('../templates/', import.meta.url));

rmSync(templates, { recursive: true, force: true });
for (const entry of readdirSync(examples, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const target = `${templates}${entry.name}`;
  const isSource = (path) => !/[\\/](node_modules|dist|generated|\.turbo|\.env)$/.test(path);
  cpSync(`${examples}${entry.name}`, target, { recursive: true, filter: isSource });
  renameSync(`${target}/.gitignore`, `${target}/_gitignore`);
}
