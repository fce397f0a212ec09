/** Longer extensions are not file types. */
const ENDING_MAX = 5;

/** Returns the kind of a file as people name it: “PDF”, “CSV”; the media type of a name without an ending. */
export function fileKind(name: string, mediaType: string): string {
  const [, ending] = /\.([\p{L}\p{N}]+)$/u.exec(name) ?? [];
  return ending !== undefined && ending.length <= ENDING_MAX ? ending.toUpperCase() : mediaType;
}
