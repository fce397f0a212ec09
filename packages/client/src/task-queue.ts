/** Runs tasks one after the other, in the order of the calls; a task that fails stops no other. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Returns what the task returns, after the tasks before it have ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
