import type { Pooler } from './poolers.ts';
import { isSettingName } from './settings.ts';
import { isClientKey } from './url-keys.ts';

/** What becomes of the parameters of a login behind a pooler. */
export interface Startup {
  /** What the login carries: those that the pooler restores on every server connection. */
  readonly sent: Readonly<Record<string, string>>;
  /** Those that it refuses and that are settings, so that each statement and transaction can set them. */
  readonly settings: Readonly<Record<string, string>>;
  /** The names of those that it refuses and that are none, as `name`, or `options: name`. */
  readonly refused: readonly string[];
}

/** A setting in the startup parameter `options`, or a word there that is none. */
interface Word {
  /** As it was given, `-c` included. */
  readonly text: string;
  readonly name: string;
  readonly value: string | undefined;
}

/** Divides the startup parameters besides user and database. */
export function divideStartup(pooler: Pooler, parameters: Readonly<Record<string, string>>): Startup {
  const { value: accepted } = pooler.startup;
  if (accepted === 'any') return { sent: parameters, settings: {}, refused: [] };
  const sent: Record<string, string> = {};
  const settings: Record<string, string> = {};
  const refused: string[] = [];
  // PostgreSQL lets the other parameters win over `options`.
  const entries = Object.entries(parameters).sort(([a], [b]) => Number(isOptions(b)) - Number(isOptions(a)));
  for (const [name, value] of entries) {
    if (isOptions(name)) {
      const divided = divideOptions(pooler, accepted, [name, value]);
      Object.assign(sent, divided.sent);
      Object.assign(settings, divided.settings);
      refused.push(...divided.refused);
    } else if (accepted.includes(name.toLowerCase())) sent[name] = value;
    else if (isSetting(name)) settings[name.toLowerCase()] = value;
    else refused.push(name);
  }
  return { sent, settings, refused };
}

function divideOptions(
  pooler: Pooler,
  accepted: readonly string[],
  [parameter, options]: readonly [name: string, value: string],
): Startup {
  const sent: Record<string, string> = {};
  const settings: Record<string, string> = {};
  const refused: string[] = [];
  const { value: allowed } = pooler.startupOptions;
  const words = wordsOf(options);
  const takes = ({ name }: Word) => allowed === 'any' || allowed.includes(name.toLowerCase());
  const kept = accepted.includes('options') ? words.filter(takes) : [];
  if (kept.length > 0)
    sent[parameter] = kept.length === words.length ? options : kept.map(({ text }) => text).join(' ');
  for (const word of words) {
    if (kept.includes(word)) continue;
    const { name, value } = word;
    if (value === undefined || !isSetting(name)) refused.push(`options: ${name}`);
    // The pooler follows it, and takes it by itself only.
    else if (accepted.includes(name.toLowerCase())) sent[name] = value;
    else settings[name.toLowerCase()] = value;
  }
  return { sent, settings, refused };
}

function isOptions(name: string): boolean {
  return name.toLowerCase() === 'options';
}

/** `replication` is a kind of connection; the rest is for the client alone, and no server knows it. */
function isSetting(name: string): boolean {
  return isSettingName(name) && name.toLowerCase() !== 'replication' && !isClientKey(name);
}

/**
 * `-c name=value`, `-cname=value` and `--name=value`, in whose names PostgreSQL takes `-` for `_`; of other words
 * the name goes up to their `=`, since what follows may be a secret.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
 */
function wordsOf(options: string): readonly Word[] {
  const raw = options.match(/(?:\\[\s\S]|[^\s\\])+/g) ?? [];
  const plain = raw.map((word) => word.replace(/\\([\s\S])/g, '$1'));
  return plain.flatMap((word, i): readonly Word[] => {
    if (word === '-c' && i + 1 < plain.length) return [];
    const isNext = plain[i - 1] === '-c';
    const text = isNext ? `-c ${raw[i]}` : (raw[i] as string);
    const setting = isNext ? word : /^(?:-c|--)([\s\S]+)$/.exec(word)?.[1];
    const [before, after] = splitAtEquals(setting ?? word);
    if (setting === undefined) return [{ text, name: before, value: undefined }];
    return [{ text, name: before.replaceAll('-', '_'), value: after }];
  });
}

function splitAtEquals(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
