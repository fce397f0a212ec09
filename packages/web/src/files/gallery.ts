/** The layout of several images of a message. */
export interface Gallery {
  readonly columns: number;
  /** How many images are shown; the last one says how many more there are. */
  readonly shown: number;
  /** CSS pixels. */
  readonly width: number;
}

/** The highest number of images shown of a message. */
const SHOWN_MAX = 6;
/** The side of an image, CSS pixels. */
const SIDE = { 2: 200, 3: 140 } as const;

/** Returns the layout of a number of images, two or more. */
export function galleryOf(count: number): Gallery {
  const columns = count === 2 || count === 4 ? 2 : 3;
  return { columns, shown: Math.min(count, SHOWN_MAX), width: columns * SIDE[columns] };
}
