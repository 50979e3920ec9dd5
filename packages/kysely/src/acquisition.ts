import { AsyncLocalStorage } from 'node:async_hooks';

/** Learns what a driver of kysely takes from its pool when it acquires a connection, which it keeps to itself. */
export class Acquisition<T> {
  readonly #storage = new AsyncLocalStorage<{ taken?: T }>();

  /** To be called where the driver takes something from the pool. */
  note(taken: T): void {
    Object.assign(this.#storage.getStore() ?? {}, { taken });
  }

  /** Acquires, and tells what was taken. When that fails afterwards, in a hook, `giveBack` must not forget it. */
  async run<C>(acquire: () => Promise<C>, giveBack: (taken: T) => void): Promise<readonly [C, T]> {
    const store: { taken?: T } = {};
    try {
      return [await this.#storage.run(store, acquire), store.taken as T];
    } catch (error) {
      if (store.taken !== undefined) giveBack(store.taken);
      throw error;
    }
  }
}
