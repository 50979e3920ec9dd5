import type { LockKey, LockOptions } from '@poolsafe/core/direct';
import type { DirectLane, LaneOwner } from './direct-lane.ts';
import type { Engine } from './engine.ts';
import type { Session } from './session.ts';

/** The direct lane of a client. */
interface Lane {
  /** What a client has of it. */
  readonly functions: Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;
  end(timeout: number | null): Promise<void>;
}

/** Most clients never use the direct lane, so that it is loaded when it is first used. */
export function laneOf(owner: LaneOwner, engine: Engine): Lane {
  const lane = new LazyLane(owner);
  const session = async (what: string, work: (session: Session) => unknown) =>
    (await lane.open()).session(what, work);
  return {
    end: (timeout: number | null) => lane.end(timeout),
    functions: {
      listen: async (...given: Parameters<DirectLane['listen']>) => (await lane.open()).listen(...given),
      subscribe: async (...given: Parameters<DirectLane['subscribe']>) =>
        (await lane.open()).subscribe(...given),
      session: (work: (sql: Session['sql']) => unknown) =>
        session('sql.session()', (taken) => work(taken.sql)),
      async withAdvisoryLock(key: LockKey, work: never, options?: LockOptions) {
        const what = "sql.withAdvisoryLock() with `scope: 'session'`";
        const lanes = {
          engine,
          plan: owner.own.plan,
          session: (held: (session: Session) => unknown) => session(what, held),
        };
        const { withAdvisoryLock } = await import('./advisory-lock.ts');
        return withAdvisoryLock(lanes, key, work, options);
      },
    },
  };
}

class LazyLane {
  readonly #owner: LaneOwner;
  #lane: Promise<DirectLane> | undefined;
  #ended = false;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  open(): Promise<DirectLane> {
    this.#lane ??= makeLane(this.#owner, this.#ended);
    return this.#lane;
  }

  async end(timeout: number | null): Promise<void> {
    this.#ended = true;
    await this.#lane?.then((lane) => lane.end(timeout));
  }
}

async function makeLane(owner: LaneOwner, isEnded: boolean): Promise<DirectLane> {
  const { DirectLane } = await import('./direct-lane.ts');
  const lane = new DirectLane(owner);
  if (isEnded) await lane.end(null);
  return lane;
}
