import type { ClipboardEvent } from 'react';

/** The attributes that copied elements keep: the others are for our own page. */
const KEPT_ATTRIBUTES = new Set(['href', 'alt', 'start', 'dir']);

/**
 * Copies a selection of several messages as their authors, times and texts. As the browser copies it,
 * each message would have the place that it has in the list, and pasted messages would overlap. A
 * selection in one message is left to the browser.
 */
export function copyMessages(event: ClipboardEvent<HTMLElement>): void {
  const selection = window.getSelection();
  if (event.defaultPrevented || !selection || selection.rangeCount === 0) return;
  const range = selection.getRangeAt(0);
  const articles = [...event.currentTarget.querySelectorAll('article')].filter((article) =>
    range.intersectsNode(article),
  );
  if (articles.length < 2) return;
  const copy = document.createElement('div');
  let author: string | undefined;
  for (const article of articles) {
    const texts = selectedTexts(article, range);
    if (texts.length === 0) continue;
    if (article.dataset.author !== author) {
      author = article.dataset.author;
      copy.append(headingOf(article));
    }
    copy.append(...texts);
  }
  if (copy.childElementCount === 0) return;
  event.preventDefault();
  event.clipboardData.setData('text/html', copy.innerHTML);
  event.clipboardData.setData('text/plain', renderedText(copy));
}

/** Returns a line with the author and the time of a message. */
function headingOf(article: HTMLElement): HTMLElement {
  const heading = document.createElement('div');
  const name = document.createElement('b');
  name.textContent = article.dataset.author ?? '';
  heading.append(name, ` ${article.querySelector('time')?.textContent ?? ''}`);
  return heading;
}

/** Returns copies of what is selected of the texts of a message. */
function selectedTexts(article: HTMLElement, range: Range): HTMLElement[] {
  return [...article.querySelectorAll('[data-message-text]')].flatMap((text) => {
    const selected = document.createRange();
    selected.selectNodeContents(text);
    if (range.compareBoundaryPoints(Range.START_TO_START, selected) > 0) {
      selected.setStart(range.startContainer, range.startOffset);
    }
    if (range.compareBoundaryPoints(Range.END_TO_END, selected) < 0) {
      selected.setEnd(range.endContainer, range.endOffset);
    }
    const copy = document.createElement('div');
    copy.append(selected.cloneContents());
    clean(copy);
    return copy.textContent?.trim() || copy.querySelector('img') ? [copy] : [];
  });
}

/** Removes controls, keeping the names of mentions, and the attributes that only our page uses. */
function clean(copy: HTMLElement): void {
  for (const element of copy.querySelectorAll('svg, input, figure > div, [aria-live]')) {
    element.remove();
  }
  for (const button of copy.querySelectorAll('button')) {
    const name = button.querySelector('bdi');
    if (name) button.replaceWith(name.textContent ?? '');
    else button.remove();
  }
  // Absolute, so that they work elsewhere.
  for (const link of copy.querySelectorAll('a')) link.setAttribute('href', link.href);
  for (const element of copy.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) {
      if (!KEPT_ATTRIBUTES.has(name)) element.removeAttribute(name);
    }
  }
}

/** Returns the text of an element with the line breaks that it would have on the page. */
function renderedText(element: HTMLElement): string {
  element.style.position = 'fixed';
  element.style.whiteSpace = 'pre-wrap';
  document.body.append(element);
  const text = element.innerText;
  element.remove();
  return text.replace(/\n{3,}/g, '\n\n').trim();
}
