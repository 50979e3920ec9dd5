import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with files, gone at the end of its block. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  read(name: string): Promise<string>;
}

export async function folderOf(files: Readonly<Record<string, string | object>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'poolsafe-project-'));
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return {
    path,
    read: (name) => readFile(join(path, name), 'utf8'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
