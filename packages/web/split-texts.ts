import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { type Plugin, transformWithOxc } from 'vite';
import { CHOSEN_WHILE_RUNNING, stringsOf } from '../../scripts/catalog-keys.mjs';

/** A catalog, or what is exported next to it. */
interface Texts {
  readonly [name: string]: string | Texts;
}

/** The modules that run at the start of a conversation, with everything that they import. */
const START = ['main', 'application', 'session/live-client', 'app/main-pages'].map((name) =>
  fileURLToPath(new URL(`src/${name}`, import.meta.url)),
);
const CATALOG = /\/packages\/web\/src\/texts\/\w\w\.ts(\?rest)?$/;
const PLURAL = /_(zero|one|two|few|many|other)$/;

/**
 * Splits the catalog of each language: `en.ts` has the texts of the modules that run at the start of a conversation,
 * `en.ts?rest` all others and the errors. In development and in tests both have all texts.
 */
export function splitTexts(): Plugin {
  let isAtStart: (key: string) => boolean = () => true;
  return {
    name: 'parley-split-texts',
    apply: 'build',
    enforce: 'pre',
    buildStart() {
      isAtStart = textsOfModules(START);
    },
    async load(id) {
      const match = CATALOG.exec(id);
      if (!match) return null;
      const file = id.replace(/\?.*/, '');
      this.addWatchFile(file);
      const { code } = await transformWithOxc(readFileSync(file, 'utf8'), file);
      const url = `data:text/javascript,${encodeURIComponent(code)}`;
      const catalog = (await import(url)) as Readonly<Record<string, Texts>>;
      const isWanted = match[1] === undefined ? isAtStart : (key: string) => !isAtStart(key);
      return Object.entries(catalog)
        .map(([name, all]) => `export const ${name} = ${JSON.stringify(part(all, isWanted))};`)
        .join('\n');
    },
  };
}

/** Returns the texts of a catalog with these keys. English exports its texts alone, others next to the errors. */
function part(all: Texts, isWanted: (key: string) => boolean): Texts {
  const { texts, errors } = all;
  if (typeof texts !== 'object' || typeof errors !== 'object') return chosen(all, isWanted);
  return { texts: chosen(texts, isWanted), ...(isWanted('errors') && { errors }) };
}

function chosen(texts: Texts, isWanted: (key: string) => boolean, path = ''): Texts {
  const entries = Object.entries(texts).flatMap(([name, value]) => {
    const key = path + name;
    if (typeof value === 'string') return isWanted(key.replace(PLURAL, '')) ? [[name, value]] : [];
    const inner = chosen(value, isWanted, `${key}.`);
    return Object.keys(inner).length === 0 ? [] : [[name, inner]];
  });
  return Object.fromEntries(entries) as Texts;
}

/** Returns a function that tells whether a module, or one that it imports, uses the text of a key. */
export function textsOfModules(modules: readonly string[]): (key: string) => boolean {
  const strings = new Set<string>();
  const sections = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    const used = stringsOf(source, file);
    for (const one of used.strings) strings.add(one);
    for (const section of used.heads) sections.add(section);
    for (const name of importsOf(source, file)) visit(resolve(dirname(file), name));
  };
  for (const name of modules) visit(sourceOf(name));
  return (key) => {
    if (strings.has(key)) return true;
    const [section = '', name = ''] = key.split('.', 2);
    if (!sections.has(section)) return false;
    const names = CHOSEN_WHILE_RUNNING[section];
    return names === '*' || (names?.includes(name) ?? false);
  };
}

/** Returns the modules of the web client that a source imports, except those that it loads on demand. */
function importsOf(source: string, file: string): string[] {
  return parseAst(source, { lang: file.endsWith('x') ? 'tsx' : 'ts' }).body.flatMap((node) => {
    if (!('source' in node) || !node.source) return [];
    const isType =
      ('importKind' in node && node.importKind === 'type') ||
      ('exportKind' in node && node.exportKind === 'type');
    const name = node.source.value;
    // The catalogs are loaded on demand; their types are imported.
    return isType || !/^\.{1,2}\/.*\.tsx?$/.test(name) ? [] : [name];
  });
}

function sourceOf(name: string): string {
  for (const extension of ['.ts', '.tsx']) {
    try {
      readFileSync(name + extension);
      return name + extension;
    } catch {
      // The other one.
    }
  }
  throw new Error(`No module ${name}`);
}
