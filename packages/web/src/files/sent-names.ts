import type { Attachment, FileId } from '@parley/protocol';

/** How many names are remembered: more than the usual number of files in flight. */
const NAMES_MAX = 200;

const names = new Map<FileId, string>();

/** Remembers the name of a file uploaded here while its message is being sent. */
export function rememberName({ id, name }: Pick<Attachment, 'id' | 'name'>): void {
  names.set(id, name);
  const [oldest] = names.keys();
  if (names.size > NAMES_MAX && oldest !== undefined) names.delete(oldest);
}

/** Returns the names of files that were uploaded here; null if one is not known, as after a reload. */
export function namesOfSent(ids: readonly FileId[]): string[] | null {
  const knownNames = ids.flatMap((id) => names.get(id) ?? []);
  return knownNames.length === ids.length ? knownNames : null;
}
