import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type PoolerName, parseTarget, poolers, recognise, withoutClientKeys } from '@poolsafe/core';
import { providerOf } from '@poolsafe/core/knowledge';
import { findUrls, type UrlVariable, urlVariables } from '@poolsafe/core/urls';
import type { Examination, Note } from './examination.ts';

/** Variables, and the file that each comes from. */
export interface Environment {
  readonly values: Readonly<Record<string, string>>;
  readonly from: Readonly<Record<string, string>>;
}

/**
 * A connection URL of the environment, without its password, and what it is for.
 *
 * ```ts
 * const { urls } = await diagnose()
 * console.log(urls.map(({ variable, use, pooler }) => `${variable}: ${use}, ${pooler}`))
 * ```
 */
export interface UrlFacts {
  readonly variable: string;
  /** `the environment`, or the file that sets it. */
  readonly from: string;
  /** What poolsafe takes it for: `application` is `resolveUrls().url`, `direct` is also for migrations. */
  readonly use: 'application' | 'direct' | 'application and direct' | 'not used';
  readonly leads: UrlVariable['leads'];
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  /** What the host name and port say, without a connection. */
  readonly pooler: PoolerName;
  readonly provider?: string;
  /** Keys that only some client understands, such as `pgbouncer`. */
  readonly clientKeys: readonly string[];
}

/** The files that frameworks read, the first that sets a name wins; the environment wins over all. */
const files = ['.env.local', '.env'] as const;

const ENVIRONMENT = 'the environment';

/** The environment and the environment files of a folder, in the order of frameworks. Nothing is expanded or run. */
export async function readEnvironment(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Environment> {
  const values: Record<string, string> = {};
  const from: Record<string, string> = {};
  const add = (source: string, more: Readonly<Record<string, string | undefined>>) => {
    for (const { variable } of urlVariables) {
      const value = more[variable];
      if (value === undefined || value === '' || variable in values) continue;
      values[variable] = value;
      from[variable] = source;
    }
  };
  add(ENVIRONMENT, env);
  for (const file of files) add(file, await readEnvFile(join(folder, file)));
  return { values, from };
}

async function readEnvFile(path: string): Promise<Record<string, string | undefined>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return '';
    throw error;
  });
  return parseEnv(text);
}

/** What each URL of the environment is for. */
export function urlFacts({ values, from }: Environment): readonly UrlFacts[] {
  const { url, direct } = findUrls(values);
  return urlVariables.flatMap(({ variable, leads }) => {
    const value = values[variable];
    if (value === undefined) return [];
    const isUrl = variable === url?.variable;
    const isDirect = variable === direct?.variable;
    const use = isUrl
      ? isDirect
        ? 'application and direct'
        : 'application'
      : isDirect
        ? 'direct'
        : 'not used';
    return [{ variable, from: from[variable] ?? '', use, leads, ...describe(value) } as const];
  });
}

function describe(value: string): Omit<UrlFacts, 'variable' | 'from' | 'use' | 'leads'> {
  try {
    const { host, port, database, user } = parseTarget(value);
    const provider = providerOf({ host })?.name;
    return {
      host,
      port,
      ...(database !== undefined && { database }),
      ...(user !== undefined && { user }),
      pooler: recognise(parseTarget(value)),
      ...(provider !== undefined && { provider }),
      clientKeys: Object.keys(withoutClientKeys(value).keys),
    };
  } catch {
    return { pooler: 'unknown', clientKeys: [] };
  }
}

/** Which of the two URLs of an application are there, and whether they are what they are taken for by their names. */
export function examineUrls(environment: Environment, note: Note): { url?: string; direct?: string } {
  const { values, from } = environment;
  const found = findUrls(values);
  const usable = (one: typeof found.url) => {
    const variable = one?.variable;
    if (variable === undefined || !isMadeOfOthers(values[variable], from[variable])) return one;
    note('DOCTOR_URL', {
      evidence: `${variable} of ${from[variable]} refers to other variables, and nothing is expanded here`,
      fix: 'give the URL: poolsafe doctor postgres://…',
    });
    return undefined;
  };
  const [url, direct] = [usable(found.url), usable(found.direct)];
  if (found.url === undefined) {
    note('DOCTOR_NO_URL', { evidence: 'no variable of the environment, .env.local or .env has one' });
  }
  if (direct !== undefined && direct.target !== undefined) {
    const pooler = poolers[recognise(direct.target)];
    if (pooler.name !== 'unknown' && pooler.session.value !== 'kept') {
      const evidence = `${direct.variable} of ${from[direct.variable]}: ${direct.target.host}:${direct.target.port} is ${pooler.title}`;
      note('DOCTOR_DIRECT_IS_POOLED', { evidence });
    }
  }
  return {
    ...(url !== undefined && { url: url.value }),
    ...(direct !== undefined && { direct: direct.value }),
  };
}

/** Whoever loads the file may expand it: as it is, it would be another host or another password. */
function isMadeOfOthers(value: string | undefined, from: string | undefined): boolean {
  return from !== ENVIRONMENT && /\$\{\w+\}/.test(value ?? '');
}

/** Says that a URL for direct connections is missing, and where the provider shows it. */
export async function examineDirect(
  found: {
    readonly host: string;
    readonly isPooled: boolean;
    readonly direct: string | undefined;
    readonly urls: readonly UrlFacts[];
  },
  examination: Examination,
): Promise<void> {
  await examination.check('direct url', async (note) => {
    if (!found.isPooled || found.direct !== undefined) return;
    const provider = providerOf(found);
    const names = urlVariables.filter(({ leads }) => leads === 'direct').map(({ variable }) => variable);
    const set = found.urls.find(({ leads }) => leads === 'direct');
    note('DOCTOR_NO_DIRECT_URL', {
      evidence:
        set === undefined
          ? `none of ${names.join(', ')} is set in the environment, .env.local or .env`
          : `the URL was given, and ${set.variable} of ${set.from} stands beside another one`,
      ...(set !== undefined && { fix: '--direct with the URL that leads to PostgreSQL itself' }),
      ...(provider && {
        fix: `set DIRECT_URL. ${provider.name} shows it in: ${provider.shownAt}; ${provider.differs}`,
      }),
    });
  });
}
