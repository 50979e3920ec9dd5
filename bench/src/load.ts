/** What clients have done at the same time. */
export interface Done {
  readonly times: number;
  /** Seconds. */
  readonly seconds: number;
  /** CPU time of this process in microseconds. */
  readonly cpu: number;
}

/** Lets `clients` do `work` again and again, each one thing at a time, until `go` says that it is enough. */
export async function load(
  clients: number,
  go: (times: number) => boolean,
  work: (i: number) => Promise<unknown>,
): Promise<Done> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  let times = 0;
  const client = async () => {
    while (go(times)) {
      times += 1;
      await work(times);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(used);
  return { times, seconds: (performance.now() - started) / 1000, cpu: user + system };
}

/** For {@link load}: until so many milliseconds are over. */
export function during(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds;
  return () => performance.now() < end;
}
