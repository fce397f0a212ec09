import type { LoadHook } from 'node:module';
import type { Edit } from './planted-faults.ts';

let edits: readonly Edit[] = [];

/** Takes the edits of the planted fault. */
export function initialize(data: readonly Edit[]): void {
  edits = data;
}

/** Edits the built modules of the server as they are loaded; files on disk do not change. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const here = edits.filter((edit) => url.endsWith(`/server/dist/${edit.file}`));
  if (here.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, find, replace } of here) {
    const places = source.split(find).length - 1;
    if (places !== 1) throw new Error(`${file} has ${places} places to plant a fault in: ${find}`);
    source = source.replace(find, () => replace);
  }
  return { ...loaded, source };
};
