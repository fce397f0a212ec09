import type { LoadHook } from 'node:module';
import type { PackageEdit } from './planted-fault.ts';

let edits: readonly PackageEdit[] = [];

/** Takes the edits of the planted fault. */
export function initialize(data: readonly PackageEdit[]): void {
  edits = data;
}

/** Edits built modules as they are loaded; files on disk do not change. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const here = edits.filter((edit) => url.endsWith(`/packages/${edit.file}`));
  if (here.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, find, replace } of here) {
    const places = source.split(find).length - 1;
    if (places !== 1) throw new Error(`${file} has ${places} places to plant a fault in: ${find}`);
    source = source.replace(find, () => replace);
  }
  return { ...loaded, source };
};
