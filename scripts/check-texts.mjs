// Part of `npm run lint`: fails where a text that users see or hear is written in the source of the web
// client instead of its catalog, packages/web/src/texts/ (docs/translation.md), and where the catalog
// has a text that is not used or lacks one that is.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { keyProblems, keysOfCatalog } from './catalog-keys.mjs';
import { root } from './run.mjs';

/** Attributes of elements and properties of our components whose value is shown or read out. */
const TEXT_ATTRIBUTES = new Set([
  'action',
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'aria-valuetext',
  'description',
  'hint',
  'intro',
  'label',
  'placeholder',
  'title',
]);
/** Names that are the same in every language. */
const NAMES = new Set(['Parley', 'Samsung Internet', 'Mara Lind', 'Jonas Weber']);
const LETTER = /\p{L}/u;
/** Starts like a sentence and has more than one word. */
const SENTENCE = /^\p{Lu}\S*\s+\S/u;

/**
 * Returns the texts in a source that belong in the catalog: all words in JSX, and all strings that
 * look like a sentence. Errors and console messages are for developers.
 * @param {string} source
 * @param {string} file
 * @returns {{ text: string, file: string, line: number }[]}
 */
export function hardCodedTexts(source, file) {
  /** @type {Map<number, string>} */
  const found = new Map();
  /** @param {any} node @param {string} text */
  const add = (node, text) => {
    const trimmed = text.trim().replace(/\s+/g, ' ');
    if (LETTER.test(trimmed) && !NAMES.has(trimmed)) found.set(node.start, trimmed);
  };
  /** Adds the strings that an expression in a visible position can evaluate to. @param {any} node */
  const addShown = (node) => {
    if (node?.type === 'JSXExpressionContainer') addShown(node.expression);
    else if (node?.type === 'Literal' && typeof node.value === 'string') add(node, node.value);
    else if (node?.type === 'TemplateLiteral') {
      for (const part of node.quasis) add(part, part.value.cooked);
      for (const part of node.expressions) addShown(part);
    } else if (node?.type === 'ConditionalExpression') {
      addShown(node.consequent);
      addShown(node.alternate);
    } else if (node?.type === 'LogicalExpression' || node?.type === 'BinaryExpression') {
      if (node.operator !== '===' && node.operator !== '!==') {
        addShown(node.left);
        addShown(node.right);
      }
    }
  };
  /** @param {any} node */
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const child of node) visit(child);
      return;
    }
    if (isForDevelopers(node) || isClassName(node)) return;
    if (node.type === 'JSXElement' || node.type === 'JSXFragment') {
      for (const child of node.children) {
        if (child.type === 'JSXText') add(child, child.value);
        else addShown(child);
      }
    }
    if (node.type === 'JSXAttribute' && TEXT_ATTRIBUTES.has(node.name.name)) addShown(node.value);
    if (node.type === 'Literal' && SENTENCE.test(node.value)) add(node, node.value);
    if (node.type === 'TemplateElement' && SENTENCE.test(node.value.cooked)) {
      add(node, node.value.cooked);
    }
    for (const key of Object.keys(node)) visit(node[key]);
  };
  visit(parseAst(source, { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([at, text]) => ({ text, file, line: source.slice(0, at).split('\n').length }));
}

/** @param {any} node */
function isForDevelopers(node) {
  if (node.type === 'NewExpression') return /Error$/.test(node.callee.name ?? '');
  return node.type === 'CallExpression' && node.callee.object?.name === 'console';
}

/** @param {any} node */
const isClassName = (node) => node.type === 'JSXAttribute' && node.name.name === 'className';

/** Returns the sources of the web client, without tests and the catalog. */
export function sourcesOfWeb() {
  const folder = join(root, 'packages/web/src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .filter((name) => !/^texts[/\\]/.test(name))
    .map((name) => ({
      file: relative(root, join(folder, name)),
      source: readFileSync(join(folder, name), 'utf8'),
    }));
}

/** Returns the hard-coded texts of the web client. */
export const hardCodedTextsOfWeb = () =>
  sourcesOfWeb()
    // The page of the components is for developers, in English.
    .filter(({ file }) => !/[/\\]src[/\\]dev[/\\]/.test(file))
    .flatMap(({ source, file }) => hardCodedTexts(source, file));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = hardCodedTextsOfWeb();
  for (const { file, line, text } of found) {
    console.error(`${file}:${line}: “${text}” belongs in packages/web/src/texts/en.ts`);
  }
  const problems = keyProblems(keysOfCatalog(), sourcesOfWeb());
  for (const problem of problems) console.error(problem);
  if (found.length + problems.length > 0) process.exitCode = 1;
}
