import { Parser } from 'htmlparser2';

/** An element of an answer of S3. */
export interface XmlElement {
  readonly name: string;
  /** The text of an element without elements in it. */
  text: string;
  readonly children: XmlElement[];
}

/** Elements of an answer, at most; a page of a thousand objects has some ten thousand. */
const ELEMENTS_MAX = 100_000;

/**
 * Returns the root of a document: an element without a name that contains what could be read. Entities that a
 * document declares are not expanded.
 * @throws if it has too many elements
 */
export function readXml(text: string): XmlElement {
  const root: XmlElement = { name: '', text: '', children: [] };
  const open = [root];
  let elements = 0;
  const parser = new Parser(
    {
      onopentag(name) {
        if (++elements > ELEMENTS_MAX) throw new Error('An answer of S3 has too many elements');
        const element = { name, text: '', children: [] };
        open.at(-1)?.children.push(element);
        open.push(element);
      },
      ontext(piece) {
        const element = open.at(-1);
        if (element) element.text += piece;
      },
      onclosetag() {
        if (open.length > 1) open.pop();
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(text);
  // Below the root element, whose name says only what was asked.
  return root.children.find(({ name }) => !name.startsWith('?')) ?? root;
}

/** Returns the elements with a name that are directly in another. */
export const childrenOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name);

/** Returns the text of the element with a name that is directly in another; undefined without one. */
export const childText = (element: XmlElement, name: string): string | undefined =>
  element.children.find((child) => child.name === name)?.text;
