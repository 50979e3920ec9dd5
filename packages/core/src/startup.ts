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

/** The names set by `-c name=value`, `-cname=value` and `--name=value`; other switches as they stand. */
function settingNames(options: string): string[] {
  const words = options.match(/(?:\\.|\S)+/g) ?? [];
  return words.flatMap((word, i) => {
    if (word === '-c') return [];
    const setting = words[i - 1] === '-c' ? word : /^(?:-c|--)(.+)$/.exec(word)?.[1];
    const name = setting?.split('=', 1)[0];
    return [name ?? word];
  });
}
