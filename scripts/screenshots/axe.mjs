// What axe finds on a page.
import axe from 'axe-core';

/** Returns all violations, each with the elements that have it. */
export async function findingsOfAxe(page) {
  // Evaluated through DevTools, to which the page’s content security policy does not apply.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await window.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      // Best practices that help everyone; those of landmarks don’t know that an open menu or dialog hides the rest.
      rules: Object.fromEntries(
        ['heading-order', 'empty-heading', 'label-title-only', 'tabindex', 'skip-link'].map(
          (rule) => [rule, { enabled: true }],
        ),
      ),
    });
    return found.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
  });
  return violations;
}
