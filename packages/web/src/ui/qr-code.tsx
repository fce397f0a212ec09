import { useMemo } from 'react';
import { encode } from 'uqr';

/** Shows a text as a QR code: dark on light in both themes, as scanners expect. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [path, size] = useMemo(() => {
    const { data, size: n } = encode(text, { ecc: 'M', border: 2 });
    const squares = data.flatMap((row, y) =>
      row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
    );
    return [squares.join(''), n] as const;
  }, [text]);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-48 rounded-xl bg-always-light"
    >
      <path d={path} className="fill-always-dark" />
    </svg>
  );
}
