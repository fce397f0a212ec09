import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { wasPointerUsedLast } from '../lib/last-input.ts';
import { isPressed, SHORTCUTS, type Shortcut } from '../shortcuts/shortcuts.ts';
import { singleKeysAreOn } from '../shortcuts/single-keys.ts';
import { focusContent } from '../ui/return-focus.ts';
import { runByKey } from './message-key-actions.ts';

/** The actions with a shortcut. */
const ACTIONS = [
  ...(['react', 'reply', 'thread', 'forward', 'unread', 'save'] as const),
  ...(['edit', 'pin', 'delete'] as const),
];

/** Selects the elements of a message that Tab can focus. */
const TABBABLE = 'a[href], button, input, select, textarea, video, audio, [tabindex]';

/**
 * Makes a list of messages one tab stop. Arrow keys move between messages; in a message, Enter moves to its actions,
 * letters run them unless the pointer was used last, Tab goes through its links and then leaves the list, and Escape
 * moves to the composer. Returns handlers for the element around the list.
 *
 * @param onDate gets the time of the message on which the key that jumps to a date was pressed
 */
export function useMessageKeys(box: RefObject<HTMLElement | null>, onDate?: (at: string) => void) {
  const isTabbing = useTabbing();
  const scroller = () => box.current?.querySelector<HTMLElement>('[role="log"]') ?? null;
  const articles = () => [...(box.current?.querySelectorAll<HTMLElement>('article') ?? [])];
  const focus = (article: HTMLElement | undefined) => {
    article?.focus({ preventScroll: true });
    article?.scrollIntoView({ block: 'nearest' });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const { target } = event;
    const list = scroller();
    if (event.defaultPrevented || !(target instanceof HTMLElement) || !list?.contains(target)) {
      return;
    }
    const article = target.closest('article');
    const handled = article
      ? onArticleKey(event, article, target, articles(), { focus, onDate })
      : target === list && onListKey(event, list, articles(), focus);
    if (handled) event.preventDefault();
  };

  const onFocus = (event: FocusEvent<HTMLElement>): void => {
    const list = scroller();
    const from = event.relatedTarget;
    if (!isTabbing.current || !list?.contains(event.target) || event.target === list) return;
    if (from instanceof Node && !list.contains(from)) list.focus({ preventScroll: true });
  };
  return { onKeyDown, onFocus };
}

/** Handles a key on the list itself. Returns whether it did something. */
function onListKey(
  event: KeyboardEvent,
  list: HTMLElement,
  articles: readonly HTMLElement[],
  focus: (article: HTMLElement | undefined) => void,
): boolean {
  const { nativeEvent } = event;
  const { older, newer, composer } = SHORTCUTS.messages;
  if (isPressed(older, nativeEvent) || isPressed(newer, nativeEvent)) {
    const { bottom } = list.getBoundingClientRect();
    focus(articles.findLast((article) => article.getBoundingClientRect().top < bottom));
    return true;
  }
  if (isPressed(composer, nativeEvent) || isTab(event)) return leave();
  return false;
}

interface ArticleActions {
  readonly focus: (article: HTMLElement | undefined) => void;
  readonly onDate: ((at: string) => void) | undefined;
}

/** Handles a key on a message or an element in it. Returns whether it did something. */
function onArticleKey(
  event: KeyboardEvent,
  article: HTMLElement,
  target: HTMLElement,
  articles: readonly HTMLElement[],
  { focus, onDate }: ArticleActions,
): boolean {
  const { nativeEvent } = event;
  const is = (shortcut: Shortcut) => isPressed(shortcut, nativeEvent);
  if (isTab(event)) return isLastStop(article, target) && leave();
  const toolbar = target.closest<HTMLElement>('[role="toolbar"]');
  if (toolbar) return onToolbarKey(event, toolbar, target, () => focus(article));
  if (target !== article) return false;
  const { older, newer, actions, composer } = SHORTCUTS.messages;
  const at = articles.indexOf(article);
  if (is(older)) focus(articles[at - 1]);
  else if (is(newer)) focus(articles[at + 1]);
  else if (is(composer)) leave();
  else if (is(actions)) focusActions(article);
  else {
    const name = ACTIONS.find((action) => is(SHORTCUTS.messages[action]));
    const day = onDate && is(SHORTCUTS.messages.date) ? timeOf(article) : undefined;
    if ((!name && !day) || (event.key.length === 1 && !singleKeysAreOn())) return false;
    // After a click, letters are the beginning of a text: see useTypeToCompose.
    if (wasPointerUsedLast()) return false;
    if (!name) {
      if (day) onDate?.(day);
      return true;
    }
    // A dialog that it opens returns the focus to the message.
    return runByKey(article, name);
  }
  return true;
}

/** Returns when a message was posted. */
const timeOf = (article: HTMLElement): string | undefined =>
  article.querySelector('time')?.dateTime;

/** Focuses the first action of a message: of its toolbar, or “Undo” while it is about to be deleted. */
function focusActions(article: HTMLElement): void {
  const find = (selector: string) => article.querySelector<HTMLElement>(selector);
  (find('[role="toolbar"] button') ?? find('[data-actions]'))?.focus();
}

/** Moves between the buttons of a toolbar, which is one tab stop, or back to the message. */
function onToolbarKey(
  event: KeyboardEvent,
  toolbar: HTMLElement,
  target: HTMLElement,
  toMessage: () => void,
): boolean {
  if (event.key === 'Escape') {
    toMessage();
    return true;
  }
  const isRightToLeft = getComputedStyle(toolbar).direction === 'rtl';
  const forward = isRightToLeft ? 'ArrowLeft' : 'ArrowRight';
  const backward = isRightToLeft ? 'ArrowRight' : 'ArrowLeft';
  const step = event.key === forward ? 1 : event.key === backward ? -1 : 0;
  if (step === 0) return false;
  const buttons: HTMLElement[] = [...toolbar.querySelectorAll('button')];
  const at = buttons.indexOf(target);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
  return true;
}

const isTab = (event: KeyboardEvent): boolean =>
  event.key === 'Tab' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;

/** Returns whether the element is the last one of the message in the tab order. */
function isLastStop(article: HTMLElement, target: HTMLElement): boolean {
  const stops = [...article.querySelectorAll<HTMLElement>(TABBABLE)].filter(
    (element) => element.tabIndex >= 0 && element.getClientRects().length > 0,
  );
  const last = stops.at(-1);
  return (
    !last ||
    Boolean(last.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) ||
    last === target
  );
}

function leave(): boolean {
  focusContent();
  return true;
}

/** Returns a ref that is true while the Tab key is down. */
function useTabbing(): RefObject<boolean> {
  const isTabbing = useRef(false);
  useEffect(() => {
    const onDown = ({ key }: globalThis.KeyboardEvent) => {
      isTabbing.current = key === 'Tab';
    };
    const onUp = () => {
      isTabbing.current = false;
    };
    window.addEventListener('keydown', onDown, true);
    window.addEventListener('keyup', onUp, true);
    return () => {
      window.removeEventListener('keydown', onDown, true);
      window.removeEventListener('keyup', onUp, true);
    };
  }, []);
  return isTabbing;
}
