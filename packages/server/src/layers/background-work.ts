import type { LayerContext } from './context.ts';

/** Work that runs in the background between start and stop. */
export interface Startable {
  start(): void;
  stop(): Promise<void> | void;
}

/** The background work of a node: all of it starts once the node is complete, and stops with the node. */
export class BackgroundWork {
  readonly #onStop: LayerContext['onStop'];
  readonly #all: Startable[] = [];

  constructor(onStop: LayerContext['onStop']) {
    this.#onStop = onStop;
  }

  /** Adds work to start later, and stops it with the node even if it was not started. */
  add<W extends Startable>(work: W): W {
    this.#all.push(work);
    this.#onStop(() => work.stop());
    return work;
  }

  /** Starts all work, in the order in which it was added. */
  start(): void {
    for (const work of this.#all) work.start();
  }
}
