import type { Plugin, Rolldown } from 'vite';

type Group = Rolldown.CodeSplittingGroup;

/** The patterns of single modules, each of which a build must have. */
const modulePatterns: RegExp[] = [];

/** Returns a pattern for modules of a package, given by their paths without extension. */
function modulesOf(name: string, ...paths: string[]): RegExp {
  const patterns = paths.map((path) => new RegExp(`/packages/${name}/src/${path}\\.tsx?$`));
  modulePatterns.push(...patterns);
  return anyOf(...patterns);
}

const modules = (...paths: string[]): RegExp => modulesOf('web', ...paths);

const anyOf = (...patterns: RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'));

/**
 * How the modules are grouped into scripts, the most important group first. Without groups each set of modules that the
 * same pages use becomes its own script: a conversation requested 190 of them.
 *
 * A group has the modules named here and everything that they import, except what an earlier group has. A module that
 * is loaded on demand (`import()`) stays out of the groups unless it is named.
 */
export const CHUNK_GROUPS: Group[] = [
  // The titles of errors, which only the login page shows.
  { name: 'errors', test: modulesOf('protocol', 'base/codes') },
  // Who is logged in, and in which language: runs while the other scripts are being loaded.
  { name: 'start', test: anyOf(modules('main'), modulesOf('client', 'api/auth')) },
  // React and the router.
  {
    name: 'application',
    test: anyOf(
      modules(
        'application',
        // What both the pages of the login and a conversation need.
        'texts/rich-text',
        'lib/(idle-schedule|load-error|text)',
        // What the page for visitors has in common with a conversation, too.
        'session/(entries|server-name)',
        'ui/(avatar|square-image)',
        'ui/(banner|cx|field-style|link|logo|page-title|theme|toast|use-copy|use-coarse-pointer|use-countdown)',
      ),
      /\/node_modules\/@tanstack\/react-router\//,
      // Icons of both.
      /\/node_modules\/lucide-react\/dist\/esm\/icons\/(check|check-check|chevron-down|copy|eye|eye-off|list-ordered|log-in|shield-check)\.mjs$/,
    ),
  },
  // The client of a session connects while the layout and the page are being loaded.
  { name: 'client', test: modules('session/live-client') },
  // The page that a visitor sees first.
  { name: 'landing', test: modules('auth/landing-page') },
  // What the pages of the login share with others.
  {
    name: 'forms',
    test: modules(
      'auth/(auth-page|other-login-methods|problem|resend-button|use-form)',
      'ui/(code-field|copy-button|field)',
    ),
  },
  { name: 'conversation', test: modules('app/main-pages') },
  // The cache of what other pages request.
  { name: 'queries', test: modules('queries/query-provider') },
  // Loaded when a conversation is shown and the page is idle.
  {
    name: 'menus',
    test: modules(
      'ui/dialog',
      'composer/completion/completion-list',
      'own-menu/own-menu-items',
      'emoji/emoji-popover',
      'messages/(message-actions|message-menu|message-sheet|more-dialog)',
      'onboarding/dismiss-setup',
    ),
  },
  { name: 'emoji', test: modules('emoji/(built-in|emoji-search)') },
  { name: 'validation', test: anyOf(/\/node_modules\/zod\//, modulesOf('protocol', 'base/z')) },
  // What other parts share: few scripts instead of one for each set of parts.
  {
    name: 'shared',
    test: anyOf(/\/packages\/web\/src\//, /\/node_modules\//),
    minShareCount: 2,
    entriesAware: true,
    entriesAwareMergeThreshold: 16 * 1024,
  },
].map((group, n) => ({ ...group, priority: 100 - n }));

/** Fails the build if {@link CHUNK_GROUPS} names a module that it does not have, such as one that was moved. */
export const checkGroups: Plugin = {
  name: 'parley-check-groups',
  apply: 'build',
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((file) =>
      file.type === 'chunk' ? file.moduleIds : [],
    );
    const missing = modulePatterns.filter((pattern) => !ids.some((id) => pattern.test(id)));
    if (missing.length > 0) this.error(`No script contains ${missing.join(', ')}`);
  },
};

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
    // The comment counts only at the start of the file, where Vite puts its own list.
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !RUN_AT_START.has(file.name)) continue;
        file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      }
    },
  },
};

/** What the main script loads on every page; see {@link preloadScripts}. */
const APPLICATION = '/packages/web/src/application.tsx';
/** What it also loads if someone is logged in. */
const WITH_SESSION = [
  '/packages/web/src/session/live-client.ts',
  '/packages/web/src/app/main-pages.ts',
];
/** What it loads if no one is. */
const WITHOUT_SESSION = ['/packages/web/src/auth/landing-page.tsx'];
/** The texts of a language; the rest of them, which all pages but a conversation need. */
const TEXTS = /\/packages\/web\/src\/texts\/(\w\w)\.ts(\?rest)?$/;
/** The script of index.html that requests the scripts for whether someone is logged in. */
const PRELOADER = '<script src="/preload.js"';

/**
 * Lets the page request scripts together with the main script, which would ask for them only when it runs: those of the
 * application, and those that `public/preload.js` adds for someone who is logged in, or for a visitor.
 */
export const preloadScripts: Plugin = {
  name: 'parley-preload-scripts',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const application = scriptsOf(chunks, APPLICATION);
      const isRequested = (file: string) => application.has(file) || html.includes(`"/${file}"`);
      const scriptsFor = (modules: readonly string[]) =>
        [...new Set(modules.flatMap((module) => [...scriptsOf(chunks, module)]))]
          .filter((file) => !isRequested(file))
          .map((file) => `/${file}`);
      const texts = { start: {}, rest: {} } satisfies Record<string, Record<string, string>>;
      for (const { facadeModuleId, fileName } of chunks) {
        const [, language, isRest] = TEXTS.exec(facadeModuleId ?? '') ?? [];
        if (language === undefined) continue;
        Object.assign(texts[isRest ? 'rest' : 'start'], { [language]: `/${fileName}` });
      }
      const scripts = {
        session: scriptsFor(WITH_SESSION),
        visitor: scriptsFor(WITHOUT_SESSION),
        texts,
      };
      if (!html.includes(PRELOADER)) throw new Error(`index.html has no ${PRELOADER}`);
      const data = JSON.stringify(scripts).replaceAll('"', '&quot;');
      return {
        html: html.replace(PRELOADER, `${PRELOADER} data-scripts="${data}"`),
        tags: [...application]
          .filter((file) => !html.includes(`"/${file}"`))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
            injectTo: 'head' as const,
          })),
      };
    },
  },
};

/** Returns the scripts that a module is in and that those import. */
function scriptsOf(chunks: readonly Rolldown.OutputChunk[], module: string): Set<string> {
  // The module, and the script under which it is imported, if that is another one.
  const own = chunks.filter(
    ({ facadeModuleId, moduleIds }) =>
      facadeModuleId?.endsWith(module) || moduleIds.some((id) => id.endsWith(module)),
  );
  if (own.length === 0) throw new Error(`No script contains ${module}`);
  return new Set(own.flatMap(({ fileName, imports }) => [fileName, ...imports]));
}
