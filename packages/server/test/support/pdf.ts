import { deflateSync } from 'node:zlib';

/** Returns a PDF with a line of text on each page. */
export const pdfOf = (lines: readonly string[]): Buffer =>
  pdfWith(lines.map((line) => streamOf(Buffer.from(`BT /F1 18 Tf 20 100 Td (${line}) Tj ET`))));

/** Returns a PDF whose page is some kilobytes that are inflated to so many bytes. */
export const bombOf = (bytes: number): Buffer => pdfWith([streamOf(Buffer.alloc(bytes, 'q Q '))]);

function streamOf(content: Buffer): Buffer {
  const packed = deflateSync(content);
  return Buffer.concat([
    Buffer.from(`<</Length ${packed.length}/Filter/FlateDecode>>stream\n`),
    packed,
    Buffer.from('\nendstream'),
  ]);
}

function pdfWith(pages: readonly Buffer[]): Buffer {
  const ids = pages.map((_, i) => 4 + 2 * i);
  const kids = ids.map((id) => `${id} 0 R`).join(' ');
  const objects: (readonly [number, Buffer])[] = [
    [1, Buffer.from('<</Type/Catalog/Pages 2 0 R>>')],
    [2, Buffer.from(`<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`)],
    [3, Buffer.from('<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>')],
  ];
  for (const [i, content] of pages.entries()) {
    const id = ids[i] as number;
    const page = `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents ${id + 1} 0 R/Resources<</Font<</F1 3 0 R>>>>>>`;
    objects.push([id, Buffer.from(page)], [id + 1, content]);
  }
  const parts = objects.map(([id, body]) =>
    Buffer.concat([Buffer.from(`${id} 0 obj\n`), body, Buffer.from('\nendobj\n')]),
  );
  return Buffer.concat([
    Buffer.from('%PDF-1.4\n'),
    ...parts,
    Buffer.from('trailer<</Root 1 0 R>>\n%%EOF\n'),
  ]);
}
