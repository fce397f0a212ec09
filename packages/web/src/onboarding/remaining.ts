/**
 * Runs an action for each item that is not in `done`, sequentially, and adds each to `done` once
 * its action has succeeded. So a form that failed halfway can be resubmitted without repeating
 * successful actions.
 */
export async function forEachRemaining<Item>(
  items: Iterable<Item>,
  done: Set<Item>,
  action: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (const item of items) {
    if (done.has(item)) continue;
    await action(item);
    done.add(item);
  }
}

/** Returns names without empty ones and case-insensitive duplicates. */
export function distinctNames(names: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const name of names.map((text) => text.trim())) {
    const key = name.toLocaleLowerCase();
    if (name !== '' && !byKey.has(key)) byKey.set(key, name);
  }
  return [...byKey.values()];
}
