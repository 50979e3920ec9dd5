import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import sirv from 'sirv';
import { root } from './pages.ts';

/** The built site, served on this machine, and a browser of its own. */
export interface Look extends AsyncDisposable {
  /** The address of the home page, with `/` at its end. */
  readonly home: string;
  readonly browser: BrowserContext;
}

const built = join(root, 'docs/.vitepress/dist');
const base = '/poolsafe';
const known = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Serves the built site and starts a browser. Throws where the site is not built or there is no browser. */
export async function openLook(): Promise<Look> {
  const executablePath = [process.env.BROWSER_BINARY, ...known].find((path) => path && existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'No browser: install chromium (apt-get install chromium), or give its path as BROWSER_BINARY.',
    );
  }
  if (!existsSync(built)) throw new Error('The site is not built: pnpm docs:build');
  const files = sirv(built, { dev: true });
  const server = createServer((request, response) => {
    request.url = request.url?.replace(base, '');
    files(request, response, () => {
      response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const profile = await mkdtemp(join(tmpdir(), 'poolsafe-look-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
    timeout: 30_000,
  });
  browser.setDefaultTimeout(10_000);
  return {
    home: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}/`,
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
