import type { Element, Parents, Root, RootContent } from 'hast';

/**
 * Prepares the tables of spreadsheets for Markdown, whose tables always have a heading: the first row becomes the
 * heading. A table of one cell becomes its content.
 */
export function readTables(tree: Root): void {
  const parents: Parents[] = [tree];
  for (let parent = parents.pop(); parent; parent = parents.pop()) {
    const children: RootContent[] = parent.children;
    for (const [n, child] of children.entries()) {
      if (child.type !== 'element') continue;
      if (child.tagName === 'table') children[n] = tableInMessage(child);
      else parents.push(child);
    }
  }
}

/** Returns what a table becomes: one with a single cell is a paragraph, and the first row is the header. */
function tableInMessage(table: Element): Element {
  const rows = elementsIn(table, 'tr');
  const cells = rows.flatMap((row) => [...elementsIn(row, 'td'), ...elementsIn(row, 'th')]);
  const [only] = cells;
  if (only && cells.length === 1) return { ...only, tagName: 'p' };
  if (elementsIn(table, 'th').length > 0) return table;
  for (const cell of rows[0] ? elementsIn(rows[0], 'td') : []) cell.tagName = 'th';
  return table;
}

/** Returns the descendants with a tag name, in document order. */
function elementsIn(within: Element, tagName: string): Element[] {
  return within.children.flatMap((child) => {
    if (child.type !== 'element') return [];
    return child.tagName === tagName ? [child] : elementsIn(child, tagName);
  });
}
