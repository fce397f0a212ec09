import type { PointerEvent, WheelEvent } from 'react';
import type { AutoScroll } from './auto-scroll.ts';

/** Handlers of input with which the user may scroll. */
export interface ScrollInput {
  onWheel(event: WheelEvent): void;
  onTouchMove(): void;
  onKeyDown(): void;
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(): void;
}

/** Reports input with which the user may scroll to the state machine of a list. */
export class ScrollInputWatch {
  readonly #machine: AutoScroll;
  #isPressed = false;
  /** The handlers for the element around the list. */
  readonly handlers: ScrollInput;

  constructor(machine: AutoScroll) {
    this.#machine = machine;
    this.handlers = {
      onWheel: ({ deltaY, deltaMode }) => {
        if (deltaY >= 0) return;
        // Lines and pages have no known height.
        const distance = deltaMode === 0 ? -deltaY : Number.POSITIVE_INFINITY;
        machine.userScrollsUp(distance, performance.now());
      },
      onTouchMove: () => this.#mayScroll(),
      onKeyDown: () => this.#mayScroll(),
      onPointerDown: ({ pointerType }) => {
        // Touch scrolls only when the finger moves.
        if (pointerType === 'touch') return;
        this.#isPressed = true;
        this.#mayScroll();
      },
      onPointerMove: ({ buttons }) => {
        if (buttons === 0) this.#isPressed = false;
      },
      onPointerUp: () => {
        this.#isPressed = false;
      },
    };
  }

  /** Handles the end of scrolling: a pressed pointer may still drag the scroll bar or a selection. */
  scrollEnded(): void {
    if (this.#isPressed) this.#mayScroll();
  }

  #mayScroll(): void {
    this.#machine.userScrollsUp(Number.POSITIVE_INFINITY, performance.now());
  }
}
