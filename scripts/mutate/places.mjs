// Finds what can be changed in a source file: one mutant for each small fault.
import { parseSync } from 'vite';
import { isSql, sqlMutants } from './sql.mjs';

/** Calls that only log or count: no behavior depends on them. */
const TELLING = /^(this\.#?|context\.|deps\.)*(#?log|#?metrics|counters|tracing)\b/;
/** Descriptions of routes are not behavior; the schemas’ own tests cover their validation. */
const SKIPPED_PROPERTIES = new Set(['schema', 'summary', 'description']);
const EQUALITY = { '===': '!==', '!==': '===', '==': '!=', '!=': '==' };
const BOUNDARY = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const ARITHMETIC = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };
const METHODS = { __proto__: null, every: 'some', some: 'every', max: 'min', min: 'max' };
/** Calls that are removed, keeping their receiver. */
const STEPS = new Set(['filter', 'sort', 'toSorted', 'slice', 'reverse', 'trim', 'toLowerCase']);

/**
 * Returns the mutants of a source file, in the order of their places: `{file, line, operator, start,
 * end, before, after}`.
 */
export function mutantsOf(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const found = new Map();
  const add = (start, end, after, operator) => {
    const before = source.slice(start, end);
    if (before === after) return;
    const line = source.slice(0, start).split('\n').length;
    const key = `${start} ${end} ${after}`;
    if (!found.has(key)) found.set(key, { file, line, operator, start, end, before, after });
  };
  visit(program, undefined, { source, add });
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** Returns the source with the mutant’s change. */
export const applied = (source, { start, end, after }) =>
  source.slice(0, start) + after + source.slice(end);

function visit(node, parent, context) {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const each of node) visit(each, parent, context);
    return;
  }
  if (typeof node.type !== 'string') return;
  // Types and imports do not exist at run time.
  if (/^TS(?!As|Satisfies|NonNull)/.test(node.type) || /^Import/.test(node.type)) return;
  if (node.type === 'Property' && SKIPPED_PROPERTIES.has(node.key?.name)) return;
  if (node.type === 'CallExpression' && isTelling(node, context)) return;
  OPERATORS[node.type]?.(node, parent, context);
  for (const [key, value] of Object.entries(node)) {
    if (
      !/^(type|typeAnnotation|typeArguments|typeParameters|returnType|superTypeArguments)$/.test(
        key,
      )
    ) {
      visit(value, node, context);
    }
  }
}

const textOf = (node, { source }) => source.slice(node.start, node.end);
const isTelling = (call, context) => TELLING.test(textOf(call.callee, context));

function condition(test, { add }) {
  add(test.start, test.end, 'true', 'dropped condition');
  add(test.start, test.end, 'false', 'dropped condition');
}

/** The mutations of each node type. */
const OPERATORS = {
  IfStatement: (node, _parent, context) => condition(node.test, context),
  WhileStatement: ({ test }, _parent, { add }) =>
    add(test.start, test.end, 'false', 'dropped condition'),
  ConditionalExpression(node, _parent, context) {
    condition(node.test, context);
  },
  LogicalExpression({ start, end, operator, left, right }, _parent, context) {
    const { add } = context;
    add(start, end, textOf(left, context), 'dropped operand');
    if (operator !== '??') add(start, end, textOf(right, context), 'dropped operand');
  },
  UnaryExpression({ operator, argument, start, end }, _parent, context) {
    if (operator === '!') context.add(start, end, textOf(argument, context), 'negated condition');
  },
  BinaryExpression(node, _parent, context) {
    const { operator, left, right } = node;
    const isText = (side) =>
      side.type === 'TemplateLiteral' ||
      (side.type === 'Literal' && typeof side.value === 'string');
    const swapped =
      EQUALITY[operator] ??
      BOUNDARY[operator] ??
      (isText(left) || isText(right) ? undefined : ARITHMETIC[operator]);
    if (swapped === undefined) return;
    const between = context.source.slice(left.end, right.start);
    const name = EQUALITY[operator]
      ? 'negated condition'
      : BOUNDARY[operator]
        ? 'boundary'
        : 'arithmetic';
    context.add(left.end, right.start, between.replace(operator, swapped), name);
  },
  AssignmentExpression({ operator, left, right }, _parent, { source, add }) {
    const other = { '+=': '-=', '-=': '+=', '||=': '&&=', '&&=': '||=' }[operator];
    if (other)
      add(
        left.end,
        right.start,
        source.slice(left.end, right.start).replace(operator, other),
        'arithmetic',
      );
  },
  Literal(node, parent, context) {
    const { value, start, end } = node;
    if (typeof value === 'boolean') context.add(start, end, String(!value), 'swapped constant');
    if (typeof value === 'number') {
      context.add(
        start,
        end,
        String(Math.abs(value) <= 100 ? value + 1 : value * 3),
        'swapped constant',
      );
    }
    if (typeof value !== 'string') return;
    if (isSql(value))
      return sqlIn(start + 1, context.source.slice(start + 1, end - 1), true, context);
    // Only its type is used.
    if (parent?.type === 'CallExpression' && parent.callee.name === 'dataOf') return;
    const isKey = parent?.type === 'Property' && parent.key === node;
    // A label for metrics and logs: any other would work.
    const isLabel = parent?.type === 'Property' && parent.key.name === 'name';
    // Names with a hyphen are those of prepared statements: any other would work, too.
    if (!isKey && !isLabel && /^[a-z]+([._][a-z]+)*$/.test(value))
      context.add(start, end, "'mutated'", 'swapped constant');
  },
  TemplateLiteral({ quasis }, _parent, context) {
    if (!isSql(quasis.map((q) => q.value.raw).join(' x '))) return;
    for (const quasi of quasis) {
      const from = context.source.indexOf(quasi.value.raw, quasi.start);
      sqlIn(from, quasi.value.raw, quasi.tail, context);
    }
  },
  ExpressionStatement({ expression, start, end }, _parent, context) {
    const inner = expression.type === 'AwaitExpression' ? expression.argument : expression;
    if (inner.type === 'Literal') return;
    if (inner.type === 'CallExpression' && isTelling(inner, context)) return;
    context.add(start, end, ';', 'removed statement');
  },
  ReturnStatement({ argument, start, end }, _parent, { add }) {
    if (argument === null) add(start, end, ';', 'removed statement');
  },
  ThrowStatement: ({ start, end }, _parent, { add }) => add(start, end, ';', 'removed statement'),
  CallExpression({ callee, start, end }, _parent, context) {
    if (callee.type !== 'MemberExpression' || callee.computed) return;
    const { name, start: at, end: to } = callee.property;
    if (METHODS[name]) context.add(at, to, METHODS[name], 'swapped function');
    if (STEPS.has(name)) context.add(start, end, textOf(callee.object, context), 'removed call');
  },
};

function sqlIn(from, text, closed, { add }) {
  for (const { start, end, text: after, operator } of sqlMutants(text, closed)) {
    add(from + start, from + end, after, operator);
  }
}
