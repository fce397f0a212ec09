/** Runs tasks one at a time, in the order of the calls; a failed task does not stop later ones. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a task after all earlier ones have ended, and returns its result. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
