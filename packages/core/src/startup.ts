import type { Pooler } from './poolers.ts';

/** The names of those startup parameters that `pooler` refuses, as `name`, or `options: name`. */
export function refusedParameters(pooler: Pooler, parameters: Readonly<Record<string, string>>): string[] {
  const startup = pooler.startup.value;
  if (startup === 'any') return [];
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (!startup.includes(name.toLowerCase())) return [name];
    return name.toLowerCase() === 'options' ? refusedOptions(pooler, value) : [];
  });
}

function refusedOptions(pooler: Pooler, value: string): string[] {
  const allowed = pooler.startupOptions.value;
  if (allowed === 'any') return [];
  return settingNames(value)
    .filter((name) => !allowed.includes(name.toLowerCase()))
    .map((name) => `options: ${name}`);
}

/**
 * The names set by `-c name=value`, `-cname=value` and `--name=value`, in which PostgreSQL takes `-` for `_`; other
 * words up to their `=`, since what follows may be a secret.
 */
function settingNames(options: string): string[] {
  const words = (options.match(/(?:\\[\s\S]|[^\s\\])+/g) ?? []).map((word) =>
    word.replace(/\\([\s\S])/g, '$1'),
  );
  return words.flatMap((word, i) => {
    if (word === '-c') return [];
    const setting = words[i - 1] === '-c' ? word : /^(?:-c|--)([\s\S]+)$/.exec(word)?.[1];
    return [(setting?.split('=', 1)[0]?.replaceAll('-', '_') ?? word.split('=', 1)[0]) as string];
  });
}
