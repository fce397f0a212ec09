/** Compresses suitable files below a folder; resolves with the bytes before and after (brotli). */
export function compressFolder(folder: string): Promise<{ before: number; after: number }>;
