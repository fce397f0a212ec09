// Starts a server inside another program: a node of a chaos run, or a test. It is loaded bundled, like the command line
// (scripts/bundle-server.mjs).
export { loadConfig } from './config/config.ts';
export { startParley } from './main.ts';
export { createLogger } from './runtime/log.ts';
