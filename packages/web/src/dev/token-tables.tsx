import { Card } from '../ui/card.tsx';
import { cx } from '../ui/cx.ts';

/** Complete class names: the build finds them in the source. */
const SURFACES = [
  ['sidebar', 'bg-sidebar'],
  ['canvas', 'bg-canvas'],
  ['raised', 'bg-raised'],
  ['sunken', 'bg-sunken'],
  ['hover', 'bg-hover'],
  ['selected', 'bg-selected'],
  ['accent-soft', 'bg-accent-soft'],
  ['ok-soft', 'bg-ok-soft'],
  ['warn-soft', 'bg-warn-soft'],
  ['danger-soft', 'bg-danger-soft'],
] as const;
const FILLS = [
  ['accent', 'bg-accent text-on-accent'],
  ['accent-strong', 'bg-accent-strong text-on-accent'],
  ['danger', 'bg-danger text-on-danger'],
  ['danger-strong', 'bg-danger-strong text-on-danger'],
] as const;
const TEXTS = [
  ['ink', 'text-ink'],
  ['soft', 'text-soft'],
  ['muted', 'text-muted'],
  ['accent', 'text-accent'],
  ['ok', 'text-ok'],
  ['warn', 'text-warn'],
  ['danger', 'text-danger'],
] as const;
const SIZES = [
  ['micro', 'text-micro'],
  ['caption', 'text-caption'],
  ['note', 'text-note'],
  ['sm', 'text-sm'],
  ['body', 'text-body'],
  ['base', 'text-base'],
  ['lg', 'text-lg'],
  ['xl', 'text-xl'],
  ['2xl', 'text-2xl'],
] as const;
const SHAPES = [
  ['md', 'rounded-md'],
  ['lg', 'rounded-lg'],
  ['xl', 'rounded-xl'],
  ['2xl', 'rounded-2xl'],
  ['avatar', 'rounded-avatar'],
] as const;

/** Shows the tokens of ui/tokens.css: colors by role, sizes of text, radius and elevation. */
export function TokenTables() {
  return (
    <>
      <Card title="Colors" description="By role; light, dark, and with more contrast.">
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-5">
          {SURFACES.map(([name, look]) => (
            <span
              key={name}
              className={cx(
                'flex h-16 items-end rounded-lg border border-line p-2 text-caption',
                look,
              )}
            >
              {name}
            </span>
          ))}
          {FILLS.map(([name, look]) => (
            <span
              key={name}
              className={cx('flex h-16 items-end rounded-lg p-2 text-caption', look)}
            >
              {name}
            </span>
          ))}
        </div>
        <p className="mt-4 flex flex-wrap gap-x-4 gap-y-1 font-medium text-sm">
          {TEXTS.map(([name, look]) => (
            <span key={name} className={look}>
              {name}
            </span>
          ))}
        </p>
        <div className="mt-4 flex gap-3 text-caption">
          <span className="flex-1 rounded-lg border border-line p-3">line: separates</span>
          <span className="flex-1 rounded-lg border border-edge p-3">edge: a control</span>
        </div>
      </Card>
      <Card title="Type, radius, elevation">
        <div className="flex flex-col gap-1.5">
          {SIZES.map(([name, look]) => (
            <p key={name} className={cx('flex items-baseline gap-3', look)}>
              <span className="w-16 shrink-0 text-caption text-muted">{name}</span>
              <span className="truncate">The tide turns at noon</span>
            </p>
          ))}
        </div>
        <div className="mt-5 flex flex-wrap gap-3">
          {SHAPES.map(([name, look]) => (
            <span
              key={name}
              className={cx(
                'flex size-16 items-center justify-center border border-edge text-caption',
                look,
              )}
            >
              {name}
            </span>
          ))}
          <span className="flex h-16 items-center rounded-lg bg-raised px-4 text-caption shadow-raised">
            raised
          </span>
          <span className="flex h-16 items-center rounded-lg bg-raised px-4 text-caption shadow-overlay">
            overlay
          </span>
        </div>
      </Card>
    </>
  );
}
