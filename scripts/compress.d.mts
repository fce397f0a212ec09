/** Compresses suitable files below a folder; resolves with the bytes before and after (brotli). */
export function compressFolder(
  folder: string,
  quality?: number,
): Promise<{ before: number; after: number }>;
