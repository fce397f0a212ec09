// Whether what can be clicked or tapped on a page is large enough.

/** Pixels in each direction: WCAG 2.2, success criterion 2.5.8 (AA). */
const TARGET_MIN = 24;
/** With a finger: success criterion 2.5.5 (AAA). */
const FINGER_MIN = 44;

/** Returns the targets that are smaller than the minimum, and with a touch screen those too small for a finger. */
export async function smallTargets(page, touch) {
  const tooSmall = await targetsBelow(page, TARGET_MIN);
  const belowFinger = touch ? await targetsBelow(page, FINGER_MIN) : [];
  return { tooSmall, smallForFinger: belowFinger.filter((target) => !tooSmall.includes(target)) };
}

/**
 * Returns the targets that are smaller than a number of pixels. What belongs to a target is found out by pointing at
 * it, since its area can be larger than its box. Links in sentences may be as high as the text. What is outside of the
 * view or of a scrolled pane does not count, nor what something else covers.
 */
async function targetsBelow(page, min) {
  return await page.evaluate((size) => {
    const SELECTOR =
      'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=menuitem], [role=option], [role=tab], [role=switch]';
    const isInText = (element) =>
      getComputedStyle(element).display.startsWith('inline') &&
      [...(element.parentElement?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '',
      );
    const hits = (element, x, y) => {
      const hit = document.elementFromPoint(x, y);
      if (hit === null) return false;
      const label = hit.closest('label');
      return element.contains(hit) || (label !== null && label.control === element);
    };
    const isWithin = (area, x, y) =>
      x >= area.left && x < area.right && y >= area.top && y < area.bottom;
    /** The part of the view in which an element is not scrolled out of a pane. */
    const visiblePart = (element) => {
      const area = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
      for (let pane = element.parentElement; pane; pane = pane.parentElement) {
        if (!/auto|scroll/.test(getComputedStyle(pane).overflow)) continue;
        const { left, top, right, bottom } = pane.getBoundingClientRect();
        area.left = Math.max(area.left, left);
        area.top = Math.max(area.top, top);
        area.right = Math.min(area.right, right);
        area.bottom = Math.min(area.bottom, bottom);
      }
      return area;
    };
    return [...document.querySelectorAll(SELECTOR)].flatMap((element) => {
      // A label that contains its control is part of the target.
      const label = [...(element.labels ?? [])].find((one) => one.contains(element));
      const box = (label ?? element).getBoundingClientRect();
      const { left, top, width, height } = box;
      const [x, y] = [left + width / 2, top + height / 2];
      // Hidden, covered or scrolled away.
      if (element.disabled || !hits(element, x, y) || isInText(element)) return [];
      const pane = visiblePart(element);
      const isMissed = (px, py) =>
        isWithin(pane, px, py) && !isWithin(box, px, py) && !hits(element, px, py);
      const reach = size / 2 - 1;
      const isWide = ![x - reach, x + reach].some((at) => isMissed(at, y));
      const isHigh = ![y - reach, y + reach].some((at) => isMissed(x, at));
      if (isWide && isHigh) return [];
      const name = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 30);
      return [
        `${element.tagName.toLowerCase()} “${name}” is ${width.toFixed()} × ${height.toFixed()} px`,
      ];
    });
  }, min);
}
