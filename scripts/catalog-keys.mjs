// The keys of the English catalog of the web client, and how its sources use them. Part of
// check-texts.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { root } from './run.mjs';

/** Every text of a section. */
const ALL = '*';

/**
 * The texts that sources choose while running, as t(`roles.${role}`) does: the names in each section, or
 * all of them. Declare a new one here.
 * @type {Readonly<Record<string, readonly string[] | typeof ALL>>}
 */
export const CHOSEN_WHILE_RUNNING = {
  auditEvent: ALL,
  auditLog: ['csv', 'jsonl'],
  auditOutcome: ALL,
  composer: ['everyone', 'here'],
  delivery: ['email', 'push'],
  invitationState: ALL,
  presence: ALL,
  report: ['deleted', 'dismissed', 'hidden'],
  deliveryFailure: ALL,
  reportReason: ALL,
  roles: ALL,
  search: ['after', 'before', 'from', 'has', 'in', 'is', 'mentions'],
  server: ['open', 'domains', 'invitation', 'closed'],
  setupGroup: ALL,
  setupGroupHint: ALL,
  setupStep: ALL,
  statusFor: ALL,
  timelineEvents: ALL,
};

const PLURAL = /_(one|other)$/;

/**
 * Returns the texts of a catalog by their keys, with the suffixes of plural forms: those of the first constant of
 * its source.
 * @param {string} source
 * @returns {Map<string, string>}
 */
export function textsOf(source) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  /** @param {any} node @param {readonly string[]} path */
  const add = (node, path) => {
    if (/^TS(As|Satisfies)Expression$/.test(node?.type)) add(node.expression, path);
    else if (node?.type === 'ObjectExpression') {
      for (const { key, value } of node.properties) add(value, [...path, key.name ?? key.value]);
    } else texts.set(path.join('.'), node?.value ?? node?.quasis?.[0].value.cooked ?? '');
  };
  for (const statement of parseAst(source, { lang: 'ts' }).body) {
    const declaration = statement.declaration ?? statement;
    if (declaration.type !== 'VariableDeclaration') continue;
    add(declaration.declarations[0]?.init, []);
    break;
  }
  return texts;
}

/**
 * Returns the keys of a catalog, as `t` takes them: without the suffixes of plural forms.
 * @param {string} source
 * @returns {Set<string>}
 */
export const keysOf = (source) =>
  new Set([...textsOf(source).keys()].map((key) => key.replace(PLURAL, '')));

/** Returns the source of the catalog of a language. @param {string} language */
export const sourceOfCatalog = (language) =>
  readFileSync(join(root, `packages/web/src/texts/${language}.ts`), 'utf8');

/** Returns the keys of the English catalog. */
export const keysOfCatalog = () => keysOf(sourceOfCatalog('en'));

/**
 * Returns what is wrong with the keys of a catalog and their use: texts that no source uses, keys that
 * have no text, and keys that are chosen while running without being declared, or the reverse.
 * @param {ReadonlySet<string>} keys
 * @param {readonly { file: string, source: string }[]} sources
 * @param {typeof CHOSEN_WHILE_RUNNING} chosen
 * @returns {string[]}
 */
export function keyProblems(keys, sources, chosen = CHOSEN_WHILE_RUNNING) {
  const sections = new Set([...keys].map((key) => key.split('.', 1)[0]));
  /** @type {Set<string>} */
  const used = new Set();
  /** @type {Set<string>} */
  const chosenSections = new Set();
  /** @type {string[]} */
  const problems = [];
  for (const { file, source } of sources) {
    const { strings, arguments: args, heads } = stringsOf(source, file);
    for (const text of strings) if (keys.has(text)) used.add(text);
    for (const key of args) if (!keys.has(key)) problems.push(`${file}: “${key}” has no text`);
    for (const section of heads.filter((head) => sections.has(head))) {
      chosenSections.add(section);
      if (!Object.hasOwn(chosen, section)) {
        problems.push(`${file}: texts of “${section}” are chosen while running; declare them`);
      }
    }
  }
  for (const [section, names] of Object.entries(chosen)) {
    if (!chosenSections.has(section)) {
      problems.push(`No source chooses texts of “${section}” while running, but they are declared`);
    }
    const declared =
      names === ALL
        ? [...keys].filter((key) => key.startsWith(`${section}.`))
        : names.map((name) => `${section}.${name}`);
    for (const key of declared) {
      if (keys.has(key)) used.add(key);
      else problems.push(`“${key}” is declared and has no text`);
    }
  }
  for (const key of keys) if (!used.has(key)) problems.push(`No source uses “${key}”`);
  return problems;
}

/**
 * Returns the strings of a source, those that are passed to `t` or are the text of a `RichText`, and the
 * words before the dot in templates such as `roles.${role}`.
 * @param {string} source
 * @param {string} file
 * @returns {{ strings: string[], arguments: string[], heads: string[] }}
 */
export function stringsOf(source, file) {
  /** @type {string[]} */
  const strings = [];
  /** @type {string[]} */
  const args = [];
  /** @type {string[]} */
  const heads = [];
  /** @param {any} node */
  const addArgument = (node) => {
    if (node?.type === 'Literal' && typeof node.value === 'string') args.push(node.value);
    else if (node?.type === 'ConditionalExpression') {
      addArgument(node.consequent);
      addArgument(node.alternate);
    } else if (node?.type === 'JSXExpressionContainer') addArgument(node.expression);
  };
  /** @param {any} node */
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const child of node) visit(child);
      return;
    }
    if (node.type === 'Literal' && typeof node.value === 'string') strings.push(node.value);
    if (node.type === 'TemplateLiteral' && node.expressions.length > 0) {
      const head = /^(\w+)\./.exec(node.quasis[0].value.cooked)?.[1];
      if (head !== undefined) heads.push(head);
    }
    if (node.type === 'CallExpression' && node.callee.name === 't') addArgument(node.arguments[0]);
    if (node.type === 'JSXOpeningElement' && node.name.name === 'RichText') {
      addArgument(node.attributes.find((/** @type {any} */ a) => a.name?.name === 'text')?.value);
    }
    for (const key of Object.keys(node)) visit(node[key]);
  };
  visit(parseAst(source, { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return { strings, arguments: args, heads };
}
