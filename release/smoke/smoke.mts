/** What a program has seen: the same for every stack. */
export interface Seen {
  /** The last of five times the same query. */
  readonly query: number;
  /** What a transaction has read of what it wrote. */
  readonly transaction: string;
  /** A setting inside of withSettings, and after it. */
  readonly setting: string;
  readonly after: string;
  /** The code of the refusal of a SET. */
  readonly refused: unknown;
}

/** `any` shows here, where a type could not be found. */
export type Known<T> = 0 extends 1 & T ? 'any' : 'known';

/** The text of the setting, '' where it is not set. */
export const tenant = "coalesce(nullif(current_setting('app.tenant_id', true), ''), 'none')";

/** The code of our error, which an ORM may have wrapped. */
export async function refusal(work: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    const { code, cause, driverError } = error as Record<'code' | 'cause' | 'driverError', unknown>;
    const inner = (cause ?? driverError) as { code?: unknown } | undefined;
    return code ?? inner?.code;
  }
  return 'nothing';
}

/** Runs a program through each pooler and prints what it saw, so that a process that does not end is seen, too. */
export async function smoke(program: (url: string) => Promise<Seen>): Promise<void> {
  for (const url of JSON.parse(process.env.SMOKE_URLS ?? '[]') as string[]) {
    console.log(JSON.stringify(await program(url)));
  }
}
