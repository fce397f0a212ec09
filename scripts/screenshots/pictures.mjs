// Pictures for the screenshots, drawn here: avatars, and images as people share them.
import sharp from 'sharp';

const png = (svg) => sharp(Buffer.from(svg)).png().toBuffer();

/** An avatar: a head with hair and shoulders on a color. */
export function avatar({ skin, hair, shirt, background, long = false }) {
  return png(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" width="256" height="256">
    <rect width="256" height="256" fill="${background}"/>
    ${long ? `<path d="M62 120c0-44 30-74 66-74s66 30 66 74v82H62z" fill="${hair}"/>` : ''}
    <path d="M30 256c4-52 44-76 98-76s94 24 98 76z" fill="${shirt}"/>
    <rect x="106" y="148" width="44" height="50" rx="22" fill="${skin}"/>
    <ellipse cx="128" cy="116" rx="48" ry="56" fill="${skin}"/>
    <path d="M76 116c-4-46 22-72 54-72 34 0 56 26 50 70-8-26-24-38-52-38-26 0-44 12-52 40z" fill="${hair}"/>
    <circle cx="110" cy="120" r="5" fill="#2a2320"/><circle cx="146" cy="120" r="5" fill="#2a2320"/>
    <path d="M112 144q16 13 32 0" stroke="#2a2320" stroke-width="4" fill="none" stroke-linecap="round"/>
  </svg>`);
}

/** The levels of a tide as a line, as a chart that someone shares. */
export function chart(width = 1200, height = 640) {
  const points = Array.from({ length: 60 }, (_, n) => {
    const level = Math.sin(n / 4.7) * 0.32 + Math.sin(n / 11) * 0.1;
    return `${60 + (n * (width - 100)) / 59},${height / 2 - level * height}`;
  });
  const lines = Array.from({ length: 5 }, (_, n) => {
    const y = 80 + (n * (height - 150)) / 4;
    return `<path d="M60 ${y}H${width - 40}" stroke="#dfe4ee" stroke-width="2"/>`;
  });
  return png(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#fbfcff"/>${lines.join('')}
    <polyline points="${points.join(' ')}" fill="none" stroke="#2f6fdb" stroke-width="6" stroke-linejoin="round"/>
  </svg>`);
}

/** A view of the sea with a buoy, in the colors of a time of day. */
export function sea({ sky, sun, water }, width = 1200, height = 800) {
  const waves = Array.from({ length: 6 }, (_, n) => {
    const y = height * 0.62 + n * 46;
    return `<path d="M0 ${y}q75-26 150 0t150 0 150 0 150 0 150 0 150 0 150 0 150 0V${height}H0z" fill="${water}" opacity="${0.35 + n * 0.12}"/>`;
  });
  return png(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="${sky}"/><circle cx="${width * 0.72}" cy="${height * 0.34}" r="86" fill="${sun}"/>
    ${waves.slice(0, 2).join('')}
    <path d="M360 560l40-150h36l40 150z" fill="#d8453b"/><rect x="404" y="360" width="28" height="54" rx="6" fill="#f3f1ea"/>
    <circle cx="418" cy="350" r="13" fill="#ffdd66"/>${waves.slice(2).join('')}
  </svg>`);
}

/** A custom emoji: a wave. */
export const wave = () =>
  png(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" width="128" height="128">
    <circle cx="64" cy="64" r="60" fill="#2f6fdb"/>
    <path d="M14 76q16-24 32 0t32 0 32 0v44H20z" fill="#bfe0ff"/></svg>`);
