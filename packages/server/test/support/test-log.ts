import { createLogger, type LogLevel } from '../../src/runtime/log.ts';

/** The logger of tests: silent, unless PARLEY_TEST_LOG names a level. */
export const testLog = createLogger((process.env.PARLEY_TEST_LOG as LogLevel) ?? 'silent');
