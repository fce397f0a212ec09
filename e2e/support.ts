// What browser tests use: the server, browsers, visitors, requests to the API, and checks of pages.
export * from './support/api.ts';
export { CHROMIUM, startBrowser } from './support/browser.ts';
export * from './support/built-server.ts';
export * from './support/page-checks.ts';
export * from './support/password.ts';
export * from './support/posts.ts';
export * from './support/visitor.ts';
export * from './support/visitors.ts';
