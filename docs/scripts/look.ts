import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openLook } from '../src/browser.ts';
import { addressOf, pages, root } from '../src/pages.ts';

/**
 * Visits every page of the built site in a browser, as a phone and as a desk has it, and says what is wrong: errors,
 * requests that fail or leave the machine, pages that scroll sideways, links to headings that are not there, diagrams
 * that are not drawn. `--pictures FOLDER` keeps a picture of each.
 */
const widths = [390, 1280];
const at = process.argv.indexOf('--pictures');
const pictures = at < 0 ? undefined : process.argv[at + 1];
if (pictures) await mkdir(pictures, { recursive: true });

// As text, since the types of this repository are those of Node.
const measured = `({
  wide: document.documentElement.scrollWidth - window.innerWidth,
  lost: [...document.querySelectorAll('.vp-doc a[href^="#"]')]
    .map((link) => decodeURIComponent(link.hash.slice(1)))
    .filter((id) => document.getElementById(id) === null),
})`;

await using look = await openLook();
const problems: string[] = [];
const visited = pages();

for (const width of widths) {
  const page = await look.browser.newPage();
  await page.setViewportSize({ width, height: 900 });
  let where = '';
  const report = (text: string) => problems.push(`${where} at ${width} px: ${text}`);
  page.on('console', (message) => message.type() === 'error' && report(message.text()));
  page.on('pageerror', (error) => report(String(error)));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // What a page fetches ahead ends with the visit.
    if (why !== 'net::ERR_ABORTED') report(`${request.url()} failed: ${why}`);
  });
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) report(`asks for ${request.url()}`);
  });
  for (const source of visited) {
    where = addressOf(source);
    const answer = await page.goto(new URL(where.slice(1), look.home).href, { waitUntil: 'load' });
    if (answer?.status() !== 200) report(`status ${answer?.status()}`);
    for (const problem of await problemsOf(page, source)) report(problem);
    const name = where.replaceAll('/', '_');
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-${width}.png`) });
  }
  where = 'search';
  if (!(await finds(page))) report('does not find the page about advisory locks');
  await page.close();
}

for (const problem of problems) console.error(problem);
console.log(`${visited.length} pages at ${widths.join(' and ')} px: ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

async function problemsOf(page: Page, source: string): Promise<string[]> {
  const found: string[] = [];
  await page.locator('.vp-doc h1').first().waitFor({ state: 'visible' });
  const diagrams = ((await readFile(join(root, source), 'utf8')).match(/^```mermaid$/gm) ?? []).length;
  if (diagrams > 0) {
    const last = page.locator('.diagram svg').nth(diagrams - 1);
    await last.waitFor({ state: 'visible' }).catch(() => found.push('a diagram is not drawn'));
  }
  const { wide, lost } = await page.evaluate<{ wide: number; lost: string[] }>(measured);
  if (wide > 0) found.push(`${wide} px too wide`);
  if (lost.length > 0) found.push(`no heading for ${lost.join(', ')}`);
  return found;
}

/** Searches as a reader does, and opens the first result. */
async function finds(page: Page): Promise<boolean> {
  await page.goto(look.home, { waitUntil: 'load' });
  await page.locator('#local-search button').click();
  await page.locator('.VPLocalSearchBox input').fill('advisory lock');
  await page.locator('.VPLocalSearchBox .result').first().click();
  await page.waitForURL((url) => url.pathname !== new URL(look.home).pathname);
  return /advisory/i.test((await page.locator('.vp-doc').textContent()) ?? '');
}
