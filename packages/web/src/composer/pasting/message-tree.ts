import type { Image, Link, Nodes, Parents, PhrasingContent, Root, RootContent } from 'mdast';

/**
 * Reduces a Markdown document to what a message can show: headings become bold paragraphs, images become links, rules
 * and links without a web address are removed, and spaces move out of emphasis, whose markers must touch its words.
 */
export function toMessageTree(tree: Root): void {
  const parents: Parents[] = [tree];
  const inOrder: Parents[] = [];
  for (let parent = parents.pop(); parent; parent = parents.pop()) {
    inOrder.push(parent);
    for (const child of parent.children) if ('children' in child) parents.push(child);
  }
  // Children first: their results are merged in their parents.
  for (const parent of inOrder.reverse()) {
    const children: RootContent[] = parent.children;
    // In place: the types cannot express that each kind of parent gets back children of the kind that it allows.
    children.splice(0, children.length, ...mergeAdjacent(children.flatMap(displayNodes)));
  }
}

const isParagraph = ({ type }: RootContent): boolean => type === 'paragraph';

const WEB = /^https?:\/\//i;

/** Returns what a node becomes in a message. */
function displayNodes(node: RootContent): RootContent[] {
  switch (node.type) {
    case 'heading':
      return [
        { type: 'paragraph', children: [{ type: 'strong', children: unbold(node.children) }] },
      ];
    case 'thematicBreak':
    case 'html':
      return [];
    case 'list':
      return [{ ...node, spread: false }];
    case 'listItem':
      // Editors write a paragraph in each item; a list in a message has no empty lines.
      return [{ ...node, spread: node.children.filter(isParagraph).length > 1 }];
    case 'image':
      return imageLink(node);
    case 'link':
      return linkOrText(node);
    case 'strong':
    case 'emphasis':
    case 'delete':
      return trimEmphasis(node);
    default:
      return [node];
  }
}

/** A heading is bold as a whole. */
const unbold = (children: readonly PhrasingContent[]): PhrasingContent[] =>
  children.flatMap((child) => (child.type === 'strong' ? child.children : [child]));

function imageLink({ url, alt }: Image): RootContent[] {
  const text = alt?.trim() ?? '';
  if (!WEB.test(url)) return text === '' ? [] : [{ type: 'text', value: text }];
  return [{ type: 'link', url, children: [{ type: 'text', value: text === '' ? url : text }] }];
}

/** A link within a page or to a script becomes its text. A link in a link was an image. */
function linkOrText({ url, children }: Link): RootContent[] {
  const inner = children.flatMap((child) => (child.type === 'link' ? child.children : [child]));
  if (!WEB.test(url)) return inner;
  const [only] = inner;
  // A URL is a link by itself. It is printed unescaped: a backslash would end it.
  if (inner.length === 1 && only?.type === 'text' && isUrl(only.value, url)) {
    return [{ type: 'html', value: only.value.trim() }];
  }
  const isEmpty = inner.every((child) => child.type === 'text' && child.value.trim() === '');
  return isEmpty ? [] : [{ type: 'link', url, children: inner }];
}

/** Returns whether the text of a link is its URL, ignoring the slash that browsers append. */
const isUrl = (text: string, url: string): boolean =>
  WEB.test(text.trim()) && text.trim().replace(/\/$/, '') === url.replace(/\/$/, '');

type Emphasis = Extract<PhrasingContent, { type: 'strong' | 'emphasis' | 'delete' }>;

/** Moves spaces and line breaks at the ends of emphasis out of it. */
function trimEmphasis(node: Emphasis): RootContent[] {
  const inside = [...node.children];
  const before: RootContent[] = [];
  const after: RootContent[] = [];
  const take = (end: 'first' | 'last'): boolean => {
    const at = end === 'first' ? 0 : inside.length - 1;
    const child = inside[at];
    const out = end === 'first' ? before : after;
    const put = (one: RootContent) => (end === 'first' ? out.push(one) : out.unshift(one));
    if (child?.type === 'break') {
      put(child);
      inside.splice(at, 1);
      return true;
    }
    if (child?.type !== 'text') return false;
    const value = end === 'first' ? child.value.trimStart() : child.value.trimEnd();
    if (value === child.value) return false;
    const space =
      end === 'first'
        ? child.value.slice(0, -value.length || undefined)
        : child.value.slice(value.length);
    put({ type: 'text', value: space });
    if (value === '') inside.splice(at, 1);
    else inside[at] = { ...child, value };
    return value === '';
  };
  while (take('first'));
  while (take('last'));
  if (inside.length === 0) return [...before, ...after];
  return [...before, { ...node, children: inside }, ...after];
}

/** Returns nodes with adjacent texts, and adjacent nodes of the same emphasis, merged. */
function mergeAdjacent(nodes: readonly RootContent[]): RootContent[] {
  const result: RootContent[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (last?.type === 'text' && node.type === 'text') {
      result[result.length - 1] = { type: 'text', value: last.value + node.value };
    } else if (isEmphasis(last) && last.type === node.type) {
      const { children } = node as Emphasis;
      result[result.length - 1] = {
        ...last,
        children: mergeAdjacent([...last.children, ...children]) as PhrasingContent[],
      };
    } else result.push(node);
  }
  return result;
}

const isEmphasis = (node: Nodes | undefined): node is Emphasis =>
  node?.type === 'strong' || node?.type === 'emphasis' || node?.type === 'delete';
