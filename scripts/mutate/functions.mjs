// Finds the functions of a source file, and makes them report that they run.
import { parseSync } from 'vite';

const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

/** Returns the functions of a source file that have a body, outer ones first: `{start, end, body}`. */
export function functionsOf(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const found = [];
  visit(program, (node) => {
    if (FUNCTION.test(node.type) && node.body) found.push(node);
  });
  return found;
}

function visit(node, see) {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const each of node) visit(each, see);
    return;
  }
  if (typeof node.type === 'string') see(node);
  for (const value of Object.values(node)) visit(value, see);
}

/** Returns the number of the innermost function around a position; undefined outside of all functions. */
export function functionAt(functions, position) {
  const at = functions.findLastIndex(({ start, end }) => start <= position && position < end);
  return at === -1 ? undefined : at;
}

/**
 * Returns the numbers of the functions that a position affects: the innermost around it; outside of functions, those
 * that use the constant of which it is a part, also through other constants. Undefined if there are none.
 */
export function functionsAffected(file, source, position) {
  const functions = functionsOf(file, source);
  const inner = functionAt(functions, position);
  if (inner !== undefined) return [inner];
  const { program } = parseSync(file, source);
  const constants = program.body
    .map((node) => (node.type === 'ExportNamedDeclaration' ? node.declaration : node))
    .filter((node) => node?.type === 'VariableDeclaration')
    .map(({ start, end, declarations }) => ({
      text: source.slice(start, end),
      isAround: start <= position && position < end,
      names: declarations.map(({ id }) => id.name).filter((name) => name !== undefined),
    }));
  const names = new Set(constants.flatMap((c) => (c.isAround ? c.names : [])));
  const uses = (text) => [...names].some((name) => new RegExp(`\\b${name}\\b`).test(text));
  // Sets take additions while they are iterated, so constants of constants are found, too.
  for (const _ of names) {
    for (const c of constants) if (uses(c.text)) for (const name of c.names) names.add(name);
  }
  const using = [...functions.entries()].filter(([, f]) => uses(source.slice(f.start, f.end)));
  return using.length > 0 ? using.map(([number]) => number) : undefined;
}

/** Returns the source with a call of `globalThis.parleyRan(key)` in each function; the key is `file#number`. */
export function reporting(file, source) {
  const insertions = functionsOf(file, source).flatMap(({ body }, index) => {
    const call = `globalThis.parleyRan?.(${JSON.stringify(`${file}#${index}`)})`;
    if (body.type === 'BlockStatement') return [{ at: body.start + 1, text: `${call};` }];
    return [
      { at: body.start, text: `(${call}, ` },
      { at: body.end, text: ')' },
    ];
  });
  // The sort is stable: of two insertions at one place, those of the outer function come first.
  let text = '';
  let done = 0;
  for (const { at, text: inserted } of insertions.sort((a, b) => a.at - b.at)) {
    text += source.slice(done, at) + inserted;
    done = at;
  }
  return text + source.slice(done);
}
