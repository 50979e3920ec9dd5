import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A way to a server on which everything takes longer. */
export interface Delay extends AsyncDisposable {
  readonly port: number;
}

/** Stands in front of the server at this address, so many milliseconds away from it in each direction. */
export async function delayed(
  { host, port }: { readonly host: string; readonly port: number },
  milliseconds: number,
): Promise<Delay> {
  const file = fileURLToPath(new URL('delay-child.ts', import.meta.url));
  const child = fork(file, [host, String(port), String(milliseconds)]);
  const [own] = (await once(child, 'message')) as [number];
  return {
    port: own,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
