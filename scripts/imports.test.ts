import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * Imports point one way: a folder imports only folders of the layers below its own, so that each can
 * be read and changed with nothing above it in mind. Test files may import anything.
 */

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The layers of packages/server/src, from the bottom to the top. Folders of one layer do not import
 * each other. Files directly in src/ stand for themselves.
 */
const SERVER_LAYERS: readonly (readonly string[])[] = [
  ['encryption', 'legal-holds/coverage', 'metrics', 'outbound', 'permissions', 'runtime', 'texts'],
  ['audit', 'config', 'limits', 'storage', 'tracing'],
  ['email', 'stream'],
  ['http', 'settings'],
  // Domains.
  ['accounts/api-keys', 'accounts/attempts', 'accounts/sessions', 'accounts/tickets'],
  ['accounts/users', 'files'],
  ['messages/content', 'messages/history'],
  ['messages/projections', 'messages/read-cursors', 'messages/threads'],
  ['messages/redaction'],
  ['messages'],
  ['messages/routes'],
  ['conversations', 'link-previews', 'personal'],
  ['admission', 'blocks', 'emoji', 'notifications', 'sidebar', 'status', 'user-groups'],
  ['accounts/invitations', 'accounts/verification', 'erasure', 'event-types', 'push', 'search'],
  ['accounts/passwords', 'backup', 'doctor'],
  ['accounts/logins'],
  ['accounts/registration'],
  ['accounts/address-changes'],
  ['accounts'],
  ['factors', 'sso'],
  ['admin'],
  [
    'avatars',
    'integrations',
    'legal-holds',
    'own-data',
    'reports',
    'retention',
    'server-state',
    'word-filter',
  ],
  // What serves the domains.
  ['http-server/docs', 'live'],
  ['http-server'],
  ['layers'],
  ['main.ts'],
  ['commands'],
  ['cli.ts', 'server.ts'],
];

/** The layers of packages/protocol/src, likewise. */
const PROTOCOL_LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['emoji', 'messages'],
  ['markdown', 'notifications'],
  ['settings'],
  ['events'],
  ['live', 'rest'],
  ['index.ts'],
];

/** The layers of packages/client/src, likewise. */
const CLIENT_LAYERS: readonly (readonly string[])[] = [
  ['lib'],
  ['api'],
  ['storage'],
  ['connection', 'messages'],
  ['conversations', 'workspace'],
  ['timelines'],
  ['threads'],
  ['personal'],
  ['streams'],
  ['state'],
  ['outbox'],
  ['delivery'],
  ['client-parts.ts'],
  ['client.ts', 'node.ts'],
  ['index.ts'],
];

/** The layers of packages/web/src, likewise. */
const WEB_LAYERS: readonly (readonly string[])[] = [
  ['texts'],
  ['lib'],
  ['session', 'slash-commands'],
  ['ui'],
  ['queries'],
  // Features.
  ['auth', 'code', 'dev', 'files', 'offline', 'shortcuts'],
  ['onboarding', 'retention', 'users'],
  ['emoji', 'user-groups'],
  ['activity', 'notifications', 'search'],
  ['messages'],
  ['composer/completion', 'composer/drafts', 'composer/formatting'],
  ['composer/pasting'],
  ['composer'],
  ['message-list'],
  ['threads'],
  ['conversations'],
  ['personal'],
  ['own-menu'],
  ['sidebar'],
  ['switcher'],
  // What shows the features.
  ['app'],
  ['account', 'admin'],
  ['router.tsx'],
  ['application.tsx'],
  ['main.ts'],
];

/** The layers of chaos/src, likewise. */
const CHAOS_LAYERS: readonly (readonly string[])[] = [
  ['lib', 'processes'],
  ['history'],
  ['checker', 'steps'],
  ['plan'],
  ['clients', 'planted-faults'],
  ['faults.ts', 'shrink.ts'],
  ['run.ts'],
  ['report.ts'],
  ['main.ts'],
];

/** The layers of simulation/src, likewise. */
const SIMULATION_LAYERS: readonly (readonly string[])[] = [
  ['database/tables', 'event-loop', 'plan', 'planted-faults'],
  ['database/statements', 'network', 'shrink.ts'],
  ['database', 'node'],
  ['history', 'set-up.ts'],
  ['client'],
  ['faults.ts'],
  ['simulation.ts'],
  ['run.ts'],
  ['explore.ts'],
  ['main.ts'],
];

/** The packages that each package may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/client': ['protocol'],
  'packages/server': ['protocol'],
  'packages/web': ['protocol', 'client'],
  bench: ['protocol', 'client', 'server'],
  chaos: ['protocol', 'client', 'server'],
  simulation: ['protocol', 'client', 'server', 'chaos'],
};

interface Import {
  /** The importing file, below the folder that was read. */
  readonly file: string;
  readonly specifier: string;
}

/** Returns the imports of all files below a folder that are not tests, types included. */
function importsBelow(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .flatMap((file) =>
      importsOf(readFileSync(join(root, folder, file), 'utf8')).map((specifier) => ({
        file: file.split(sep).join('/'),
        specifier,
      })),
    );
}

/** Returns what a source text imports: statements, re-exports, `import()` calls and types. */
function importsOf(source: string): string[] {
  const from = /(?:^|\n)[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g;
  const bare = /(?:^|\n)[ \t]*import\s*['"]([^'"]+)['"]/g;
  const call = /\bimport\(\s*['"]([^'"]+)['"]/g;
  return [from, bare, call].flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, specifier = '']) => specifier),
  );
}

/** Returns the relative imports of modules below a folder, each as the files at both ends. */
function relativeImports(folder: string): { file: string; target: string }[] {
  return importsBelow(folder)
    .filter(({ specifier }) => /^\..*\.tsx?$/.test(specifier))
    .map(({ file, specifier }) => ({
      file,
      target: normalize(join(dirname(file), specifier))
        .split(sep)
        .join('/'),
    }));
}

/** Returns the folder of a file; a file without one stands for itself. */
const folderOf = (file: string): string => (file.includes('/') ? dirname(file) : file);

describe.each([
  ['the server', 'packages/server/src', SERVER_LAYERS],
  ['the protocol', 'packages/protocol/src', PROTOCOL_LAYERS],
  ['the SDK', 'packages/client/src', CLIENT_LAYERS],
  ['the web client', 'packages/web/src', WEB_LAYERS],
  ['chaos runs', 'chaos/src', CHAOS_LAYERS],
  ['the simulation', 'simulation/src', SIMULATION_LAYERS],
])('the folders of %s', (_name, source, layers) => {
  const imports = relativeImports(source);
  const layerOf = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));

  test('all have a layer', () => {
    const folders = new Set(imports.flatMap(({ file, target }) => [file, target].map(folderOf)));
    expect([...folders].filter((folder) => layerOf(folder) === -1)).toEqual([]);
    expect(layers.flat().filter((folder) => !folders.has(folder))).toEqual([]);
  });

  test('import only folders of lower layers', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [folderOf(file), folderOf(target)];
      return from !== to && layerOf(to) >= layerOf(from);
    });
    const lines = wrong.map(({ file, target }) => `${file} must not import ${target}`);
    expect([...new Set(lines)]).toEqual([]);
  });
});

describe('the packages', () => {
  test.each(Object.entries(PACKAGES))('%s imports only packages below it', (name, allowed) => {
    const wrong = importsBelow(`${name}/src`).filter(({ file, specifier }) => {
      const [, other] = /^@parley\/([^/]+)/.exec(specifier) ?? [];
      if (other !== undefined) return !allowed.includes(other);
      return (
        specifier.startsWith('.') && normalize(join(dirname(file), specifier)).startsWith('..')
      );
    });
    const lines = wrong.map(
      ({ file, specifier }) => `${name}/src/${file} must not import ${specifier}`,
    );
    expect(lines).toEqual([]);
  });
});

test('only the simulation imports modules that a package does not export by name', () => {
  const wrong = Object.keys(PACKAGES)
    .filter((name) => name !== 'simulation')
    .flatMap((name) => importsBelow(`${name}/src`).map((i) => ({ ...i, name })))
    .filter(({ specifier }) => /^@parley\/[^/]+\/internal\//.test(specifier));
  expect(wrong.map(({ name, file }) => `${name}/src/${file}`)).toEqual([]);
});

describe('the files', () => {
  test.each(Object.keys(PACKAGES))('of %s import each other in no circle', (name) => {
    const targets = new Map<string, string[]>();
    for (const { file, target } of relativeImports(`${name}/src`)) {
      targets.set(file, [...(targets.get(file) ?? []), target]);
    }
    const circles = circlesOf((file) => targets.get(file) ?? [], [...targets.keys()]);
    expect(circles).toEqual([]);
  });

  test('in a circle are found', () => {
    const graph: Record<string, string[]> = { a: ['b', 'd'], b: ['c'], c: ['b'], d: [] };
    expect(circlesOf((file) => graph[file] ?? [], Object.keys(graph))).toEqual(['b > c > b']);
  });
});

/** Returns the circles that a depth-first search finds, each as the path that closes it. */
function circlesOf(importsOfFile: (file: string) => readonly string[], files: readonly string[]) {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of importsOfFile(file)) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of files) visit(file);
  return circles;
}

test('every form of an import is read', () => {
  const source = [
    "import a, {\n  type B,\n} from './a.ts';",
    "export * from './b.ts';",
    "import './c.ts';",
    "const d = await import('./d.ts');",
    "type E = import('./e.ts').E;",
    "const text = 'from';",
  ].join('\n');
  expect(importsOf(source).sort()).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts']);
});
