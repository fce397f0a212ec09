// Draws the PNG icons with which the web client is installed, from its SVG. They are stored in the repository: run this
// after a change of the SVG.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = fileURLToPath(new URL('../packages/web/public/', import.meta.url));
const svg = readFileSync(`${folder}icon.svg`, 'utf8');

/** Draws the SVG at a size. */
const draw = (text, size) =>
  sharp(Buffer.from(text), { density: (72 * size) / 32 })
    .resize(size, size)
    .png({ palette: true });

for (const size of [192, 512]) await draw(svg, size).toFile(`${folder}icons/icon-${size}.png`);

// A maskable icon fills the square; only the middle 80 % is sure to be seen.
const SIZE = 512;
const square = svg.replace(' rx="9"', '');
const background = /<rect [^>]*fill="(#\w+)"/.exec(svg)?.[1];
if (background === undefined) throw new Error('icon.svg has no background');
const inner = await draw(square, Math.round(SIZE * 0.8)).toBuffer();
await sharp({ create: { width: SIZE, height: SIZE, channels: 3, background } })
  .composite([{ input: inner, gravity: 'centre' }])
  .png({ palette: true })
  .toFile(`${folder}icons/maskable-512.png`);
