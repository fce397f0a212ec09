// Stands for @lezer/highlight in the build: the Markdown parser assigns the styles of an editor to its nodes, which no
// part of the web client reads.

/** The type of a style. */
export class Tag {}

/** The styles: all undefined. */
export const tags = { special: () => undefined };

/** Returns a source of node properties that adds none. */
export const styleTags = () => () => null;
