import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { CHUNK_GROUPS, checkGroups, compileHints, preloadScripts } from './chunks.ts';
import { serviceWorker } from './service-worker.ts';
import { splitTexts } from './split-texts.ts';

/**
 * Removes the call with which Sonner adds its styles to the page as a style element, which the Content Security Policy
 * forbids. The same styles are in a style sheet (app/toaster.tsx).
 */
const sonnerWithoutStyleElement: Plugin = {
  name: 'sonner-without-style-element',
  apply: 'build',
  transform(code, id) {
    if (!/\/sonner\/dist\/index\.mjs$/.test(id)) return null;
    const call = /^__insertCSS\(".*"\);?$/m;
    if (!call.test(code)) this.error('Sonner adds its styles in another way than expected');
    return { code: code.replace(call, ''), map: null };
  },
};

/** Makes the icons of Lucide with fewer and smaller components (src/ui/lucide-icon.ts), which need no keys. */
const smallIcons: Plugin = {
  name: 'parley-small-icons',
  apply: 'build',
  enforce: 'pre',
  resolveId(id, importer) {
    if (!id.endsWith('/createLucideIcon.mjs') || !importer?.includes('/lucide-react/')) return null;
    return fileURLToPath(new URL('src/ui/lucide-icon.ts', import.meta.url));
  },
  transform(code, id) {
    if (!/\/lucide-react\/dist\/esm\/icons\/[\w-]+\.mjs$/.test(id)) return null;
    return { code: code.replace(/,\s*key: "\w+"/g, ''), map: null };
  },
};

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    sonnerWithoutStyleElement,
    smallIcons,
    splitTexts(),
    preloadScripts,
    compileHints,
    checkGroups,
    serviceWorker(),
  ],
  resolve: {
    conditions: ['source', 'module', 'browser', 'import', 'default'],
    alias: {
      'react-style-singleton': fileURLToPath(
        new URL('src/lib/style-singleton.ts', import.meta.url),
      ),
      '@lezer/highlight': fileURLToPath(new URL('src/lib/no-highlighting.ts', import.meta.url)),
    },
  },
  // Workers load further scripts, such as grammars, when they need them.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Browsers without module preloading (Safari 16) load the same scripts one step later.
    modulePreload: { polyfill: false },
    // The first versions with “:dir()” (src/text-direction.css).
    cssTarget: ['chrome120', 'firefox128', 'safari16.4'],
    sourcemap: false,
    rolldownOptions: { output: { codeSplitting: { groups: CHUNK_GROUPS } } },
  },
  server: {
    proxy: {
      '/api': { target: 'http://127.0.0.1:3000', ws: true },
      '/.well-known': 'http://127.0.0.1:3000',
    },
  },
});
