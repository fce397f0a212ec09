import type { Plugin, Rolldown } from 'vite';

type Group = Rolldown.CodeSplittingGroup;

/** Returns a pattern for modules of `src`, given by their paths without extension. */
const modules = (...paths: string[]): RegExp =>
  new RegExp(`/packages/web/src/(${paths.join('|')})\\.tsx?$`);

const anyOf = (...patterns: RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'));

/**
 * How the modules are grouped into scripts, the most important group first. Without groups each set of modules that the
 * same pages use becomes a script of its own: a conversation requested 190 of them.
 *
 * A group has the modules named here and everything that they import, except what an earlier group has. A module that
 * is loaded on demand (`import()`) stays out of the groups unless it is named.
 */
export const CHUNK_GROUPS: Group[] = [
  // Who is logged in, and in which language: runs while the other scripts are being loaded.
  { name: 'start', test: modules('main') },
  // React, the router, and the page that a visitor sees first.
  {
    name: 'application',
    test: anyOf(
      modules(
        'application',
        'auth/landing-page',
        // What both the pages of the login and a conversation need.
        'texts/rich-text',
        'lib/text',
        'session/server-name',
        'ui/(banner|field-style|use-coarse-pointer)',
      ),
      /\/node_modules\/@tanstack\/react-router\//,
    ),
  },
  // The client of a session connects while the layout and the page are being loaded.
  { name: 'client', test: modules('session/live-client') },
  // What the pages of the login share with others.
  {
    name: 'forms',
    test: modules(
      'auth/(auth-page|other-login-methods|problem|use-form)',
      'ui/(code-field|copy-button|field)',
      'ui/use-countdown',
    ),
  },
  { name: 'conversation', test: modules('app/main-pages') },
  // Loaded when a conversation is shown and the page is idle.
  {
    name: 'menus',
    test: modules(
      'ui/dialog',
      'app/own-menu-items',
      'emoji/emoji-popover',
      'messages/(message-actions|message-menu|message-sheet)',
    ),
  },
  { name: 'emoji', test: modules('emoji/(built-in|emoji-search)') },
  { name: 'validation', test: anyOf(/\/node_modules\/zod\//, /\/packages\/protocol\/src\/z\.ts$/) },
  // What other parts share: few scripts instead of one for each set of parts.
  {
    name: 'shared',
    test: anyOf(/\/packages\/web\/src\//, /\/node_modules\//),
    minShareCount: 2,
    entriesAware: true,
    entriesAwareMergeThreshold: 16 * 1024,
  },
].map((group, n) => ({ ...group, priority: 100 - n }));

/** The scripts of which a conversation runs nearly every function when it is opened. */
const RUN_AT_START = new Set([
  'index',
  'start',
  'application',
  'client',
  'conversation',
  ...['en', 'de', 'es', 'ar'],
]);

/**
 * Asks browsers to compile all functions of a script while it is being downloaded, in another thread, instead of each
 * one when it is first called (https://v8.dev/blog/explicit-compile-hints). Others see a comment.
 */
export const compileHints: Plugin = {
  name: 'parley-compile-hints',
  apply: 'build',
  generateBundle: {
    // The comment counts only at the start of the file, where Vite puts a list of its own.
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !RUN_AT_START.has(file.name)) continue;
        file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      }
    },
  },
};

/** What the main script loads on every page; see {@link preloadApplication}. */
const APPLICATION = '/packages/web/src/application.tsx';

/**
 * Lets the page request the scripts of the application together with the main script, which would ask for them only when
 * it runs.
 */
export const preloadApplication: Plugin = {
  name: 'parley-preload-application',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      // The module, and the script under which it is imported, if that is another one.
      const own = chunks.filter(
        ({ facadeModuleId, moduleIds }) =>
          facadeModuleId?.endsWith(APPLICATION) || moduleIds.some((id) => id.endsWith(APPLICATION)),
      );
      if (own.length === 0) throw new Error(`No script contains ${APPLICATION}`);
      const files = new Set(own.flatMap(({ fileName, imports }) => [fileName, ...imports]));
      return [...files]
        .filter((file) => !html.includes(`"/${file}"`))
        .map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
          injectTo: 'head',
        }));
    },
  },
};
