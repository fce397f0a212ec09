import type { Element, ElementContent, Parents, Root, RootContent } from 'hast';

/**
 * Turns the paragraphs that Microsoft Word writes instead of lists, with the level in a proprietary style, into
 * lists; moves nested lists that Google Docs writes next to their item into it.
 */
export function readLists(tree: Root): void {
  const parents: Parents[] = [tree];
  for (let parent = parents.pop(); parent; parent = parents.pop()) {
    const children: RootContent[] = parent.children;
    if (children.some((child) => itemOf(child) !== null)) {
      children.splice(0, children.length, ...withLists(children));
    }
    if (isList(parent)) nest(parent);
    for (const child of children) if (child.type === 'element') parents.push(child);
  }
}

const isList = (node: Parents | ElementContent): node is Element =>
  node.type === 'element' && /^[uo]l$/.test(node.tagName);

function nest(list: Element): void {
  const children: ElementContent[] = [];
  for (const child of list.children) {
    const last = children.findLast((one) => one.type === 'element');
    if (isList(child) && last?.type === 'element') last.children.push(child);
    else children.push(child);
  }
  list.children = children;
}

/** A paragraph that is an item of a list. */
interface Item {
  readonly level: number;
  /** The marker that Word shows in front of it, such as “·” or “1.”. */
  readonly mark: string;
  readonly children: ElementContent[];
}

const LEVEL = /mso-list:\s*l\d+\s+level(\d)/i;
/** Deeper items are on this level. */
const LEVEL_MAX = 8;

function itemOf(node: RootContent): Item | null {
  if (node.type !== 'element' || node.tagName !== 'p') return null;
  const [, level] = LEVEL.exec(styleOf(node)) ?? [];
  if (level === undefined) return null;
  const { mark, children } = withoutMark(node.children);
  return { level: Math.min(LEVEL_MAX, Math.max(1, Number(level))), mark, children };
}

const styleOf = ({ properties: { style } }: Element): string =>
  typeof style === 'string' ? style : '';

const isMark = (node: ElementContent): boolean =>
  node.type === 'element' && /mso-list:\s*ignore/i.test(styleOf(node));

/** Removes the number or bullet from an item: Word writes it as text, alone in one or two elements. */
function withoutMark(nodes: readonly ElementContent[]): {
  mark: string;
  children: ElementContent[];
} {
  let mark = '';
  const children = nodes.flatMap((node): ElementContent[] => {
    if (isMark(node)) {
      mark += textOf(node);
      return [];
    }
    if (node.type !== 'element' || !node.children.some(isMark)) return [node];
    const inner = withoutMark(node.children);
    mark += inner.mark;
    return inner.children.length > 0 ? [{ ...node, children: inner.children }] : [];
  });
  return { mark: mark.trim(), children };
}

const textOf = (node: ElementContent): string => {
  if (node.type === 'text') return node.value;
  return node.type === 'element' ? node.children.map(textOf).join('') : '';
};

/** Returns nodes with each run of items as a list. */
function withLists(nodes: readonly RootContent[]): RootContent[] {
  const result: RootContent[] = [];
  /** The open list of each level. */
  let open: Element[] = [];
  for (const node of nodes) {
    const item = itemOf(node);
    if (!item) {
      // Between two items there are line breaks and comments.
      const isGap = node.type === 'comment' || (node.type === 'text' && node.value.trim() === '');
      if (!isGap) open = [];
      if (!isGap || open.length === 0) result.push(node);
      continue;
    }
    open = open.slice(0, item.level);
    // Another kind of marker on the first level begins another list.
    if (item.level === 1 && open[0] && open[0].tagName !== kindOf(item.mark)) open = [];
    while (open.length < item.level) {
      const list = listFor(item.mark);
      const parent = open.at(-1);
      if (parent) lastItemOf(parent).children.push(list);
      else result.push(list);
      open.push(list);
    }
    open.at(-1)?.children.push(element('li', item.children));
  }
  return result;
}

const kindOf = (mark: string): 'ol' | 'ul' =>
  /^\(?[\p{N}a-z]{1,4}[.)]/iu.test(mark) ? 'ol' : 'ul';

function listFor(mark: string): Element {
  const kind = kindOf(mark);
  const [digits] = /\d+/.exec(mark) ?? [];
  const list = element(kind, []);
  return kind === 'ol' && digits !== undefined
    ? { ...list, properties: { start: Number(digits) } }
    : list;
}

/** Returns the last item of a list; creates one if the list begins with an item of a deeper level. */
function lastItemOf(list: Element): Element {
  const last = list.children.at(-1);
  if (last?.type === 'element' && last.tagName === 'li') return last;
  const item = element('li', []);
  list.children.push(item);
  return item;
}

const element = (tagName: string, children: ElementContent[]): Element => ({
  type: 'element',
  tagName,
  properties: {},
  children,
});
