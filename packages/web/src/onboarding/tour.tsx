import { AccountApi } from '@parley/client';
import { Popover } from 'radix-ui';
import { type RefObject, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from '../ui/button.tsx';
import { focusContent } from '../ui/return-focus.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';

interface Step {
  /** The value of `data-tour` of the element that the step is about. */
  readonly about: string;
  readonly title: PlainKey;
  readonly text: PlainKey;
  /** The text for touch screens, which have no keys and no files to drop. */
  readonly touchText?: PlainKey;
}

const STEPS: readonly Step[] = [
  { about: 'conversations', title: 'tour.conversations', text: 'tour.conversationsText' },
  {
    about: 'composer',
    title: 'tour.composer',
    text: 'tour.composerText',
    touchText: 'tour.composerTextTouch',
  },
  {
    about: 'find',
    title: 'tour.find',
    text: 'tour.findText',
    touchText: 'tour.findTextTouch',
  },
  { about: 'account', title: 'tour.account', text: 'tour.accountText' },
];

/** Space between an element and the frame around it, px. */
const MARGIN = 4;
/** Width that a step needs beside its element, with the space around it, px. */
const BESIDE_WIDTH = 380;

/**
 * Shows new users where things are, one step at a time, next to the element it is about. It covers
 * nothing else, and does not appear on other devices once ended or skipped.
 */
export function Tour({ onEnd }: { onEnd: () => void }) {
  const client = useClient();
  const [index, setIndex] = useState(0);
  const step = STEPS[index] as Step;
  const isLast = index === STEPS.length - 1;
  const end = () => {
    onEnd();
    // The button that had the focus is gone.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) focusContent();
    });
    new AccountApi(client.api).update({ isTourEnded: true }).then(
      () => client.refreshMe(),
      // Offline: it is shown again.
      () => undefined,
    );
  };
  return (
    <StepPopover
      key={index}
      step={step}
      progress={t('tour.progress', { step: index + 1, steps: STEPS.length })}
      next={t(isLast ? 'tour.done' : 'tour.next')}
      onNext={isLast ? end : () => setIndex(index + 1)}
      onBack={index === 0 ? null : () => setIndex(index - 1)}
      onSkip={end}
    />
  );
}

function StepPopover({
  step,
  progress,
  next,
  onNext,
  onBack,
  onSkip,
}: {
  step: Step;
  progress: string;
  next: string;
  onNext: () => void;
  onBack: (() => void) | null;
  onSkip: () => void;
}) {
  const id = useId();
  const nextButton = useRef<HTMLButtonElement>(null);
  const isTouch = useCoarsePointer();
  const own = useMemo(() => visibleElement(step.about), [step.about]);
  // On phones the list of conversations is another page, to which an arrow leads.
  const arrow = useMemo(() => (own === null ? visibleElement('back') : null), [own]);
  const element = own ?? arrow;
  const frame = useFrame(element);
  const anchor = useMemo(
    () => ({ current: { getBoundingClientRect: () => frame ?? middleOfScreen() } }),
    [frame],
  );
  return (
    <Popover.Root open onOpenChange={(open) => !open && onSkip()}>
      <Popover.Anchor virtualRef={anchor as RefObject<{ getBoundingClientRect(): DOMRect }>} />
      <Popover.Portal>
        <Popover.Content
          aria-labelledby={`${id}-title`}
          aria-describedby={`${id}-text`}
          side={sideOf(frame)}
          align="start"
          sideOffset={8}
          collisionPadding={12}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            // On a touch screen, the keyboard of a field that was focused would cover it.
            nextButton.current?.focus({ preventScroll: true });
          }}
          onCloseAutoFocus={(event) => event.preventDefault()}
          // The element it is about remains usable.
          onInteractOutside={(event) => event.preventDefault()}
          className="surface-in z-40 w-[min(22rem,calc(100vw-1.5rem))] rounded-2xl border border-line bg-raised p-4 shadow-overlay outline-none"
        >
          <p className="text-muted text-note">{progress}</p>
          <h2 id={`${id}-title`} className="mt-1 font-semibold">
            {t(step.title)}
          </h2>
          <p id={`${id}-text`} className="mt-1 text-sm text-soft">
            {t((isTouch && step.touchText) || step.text)} {arrow && t('tour.behindArrow')}
          </p>
          <div className="mt-4 flex flex-wrap items-center gap-2">
            <Button look="quiet" onClick={onSkip}>
              {t('tour.skip')}
            </Button>
            <div className="ms-auto flex gap-2">
              {onBack && <Button onClick={onBack}>{t('tour.back')}</Button>}
              <button
                ref={nextButton}
                type="button"
                onClick={onNext}
                className="inline-flex min-h-10 pointer-coarse:min-h-11 items-center rounded-lg bg-accent px-4 font-medium text-on-accent text-sm hover:bg-accent-strong"
              >
                {next}
              </button>
            </div>
          </div>
        </Popover.Content>
      </Popover.Portal>
      {frame && (
        <div
          aria-hidden="true"
          className="pointer-events-none fixed z-30 rounded-lg ring-2 ring-accent"
          style={{
            top: frame.top - MARGIN,
            left: frame.left - MARGIN,
            width: frame.width + 2 * MARGIN,
            height: frame.height + 2 * MARGIN,
          }}
        />
      )}
    </Popover.Root>
  );
}

/** Returns the element that a step is about; null if it is not shown, as the sidebar on phones. */
function visibleElement(about: string): Element | null {
  const element = document.querySelector(`[data-tour="${about}"]`);
  return element !== null && element.getClientRects().length > 0 ? element : null;
}

/**
 * Returns where a step is shown: beside the sidebar, whichever side of the window that is on, so that it does not cover
 * the conversations that it is about; below elements that leave no space beside them, or above if there is none below.
 */
function sideOf(frame: DOMRect | null): 'left' | 'right' | 'bottom' {
  if (frame === null) return 'bottom';
  if (innerWidth - frame.right >= BESIDE_WIDTH) return 'right';
  return frame.left >= BESIDE_WIDTH ? 'left' : 'bottom';
}

/** The position of a step whose element is not on the screen. */
const middleOfScreen = (): DOMRect => new DOMRect(innerWidth / 2, innerHeight / 3, 0, 0);

/** Returns where an element is; null if it is not shown, as the sidebar after a tablet was turned. */
const shownFrame = (element: Element | null): DOMRect | null =>
  element !== null && element.getClientRects().length > 0 ? element.getBoundingClientRect() : null;

/** Returns where an element is, also after the window was resized or something above the element has appeared. */
function useFrame(element: Element | null): DOMRect | null {
  const [frame, setFrame] = useState(() => shownFrame(element));
  useEffect(() => {
    const measure = () => {
      const now = shownFrame(element);
      setFrame((before) => (isSameFrame(before, now) ? before : now));
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(document.body);
    if (element) sizes.observe(element);
    let waiting: number | null = null;
    const content = new MutationObserver(() => {
      waiting ??= requestAnimationFrame(() => {
        waiting = null;
        measure();
      });
    });
    content.observe(document.body, { childList: true, subtree: true });
    measure();
    return () => {
      sizes.disconnect();
      content.disconnect();
      if (waiting !== null) cancelAnimationFrame(waiting);
    };
  }, [element]);
  return frame;
}

const isSameFrame = (a: DOMRect | null, b: DOMRect | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.top === b.top &&
    a.left === b.left &&
    a.width === b.width &&
    a.height === b.height);
