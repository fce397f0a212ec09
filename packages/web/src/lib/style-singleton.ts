import { useEffect } from 'react';

/**
 * Replaces the package `react-style-singleton`, with which Radix locks scrolling behind a dialog (vite.config.ts). It
 * adds style elements to the page, which the Content Security Policy forbids; a constructed style sheet is not affected.
 */
export function stylesheetSingleton() {
  let users = 0;
  let sheet: CSSStyleSheet | null = null;
  return {
    /** Applies the styles of the first caller. */
    add(styles: string): void {
      users += 1;
      if (sheet) return;
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      document.adoptedStyleSheets.push(sheet);
    },
    /** Removes the styles when every caller that has added some has removed them. */
    remove(): void {
      users -= 1;
      if (users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
      sheet = null;
    },
  };
}

/** Returns a hook that applies styles while a component is mounted. */
export function styleHookSingleton() {
  const sheet = stylesheetSingleton();
  return (styles: string, isDynamic?: boolean): void => {
    // Styles that are not dynamic keep their first value.
    // biome-ignore lint/correctness/useExhaustiveDependencies: see above
    useEffect(() => {
      sheet.add(styles);
      return () => sheet.remove();
    }, [isDynamic && styles]);
  };
}

/** Returns a component that applies styles while it is mounted. */
export function styleSingleton() {
  const useStyles = styleHookSingleton();
  return ({ styles, dynamic }: { styles: string; dynamic?: boolean }): null => {
    useStyles(styles, dynamic);
    return null;
  };
}
