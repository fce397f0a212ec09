/**
 * Runs an action for each item that is not in `done`, one after the other, and adds each to `done` as soon as its
 * action has succeeded. So a form that failed halfway can be submitted again without repeating what has succeeded.
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

/** Returns names without those that are empty or differ from an earlier one only in case. */
export function distinctNames(names: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const name of names.map((text) => text.trim())) {
    const key = name.toLocaleLowerCase();
    if (name !== '' && !byKey.has(key)) byKey.set(key, name);
  }
  return [...byKey.values()];
}
