import type { Logger } from '@parley/server/internal/runtime/log';

/** Called with the lines that a node logs. */
export type OnLine = (level: 'warn' | 'error', message: string, fields: object) => void;

/** Returns a logger that passes warnings and errors on, and drops the rest. */
export function logTo(onLine: OnLine): Logger {
  const at = (level: 'warn' | 'error') => (fields: object | string, message?: string) =>
    typeof fields === 'string' ? onLine(level, fields, {}) : onLine(level, message ?? '', fields);
  const nothing = () => undefined;
  const logger = {
    child: () => logger,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: at('warn'),
    error: at('error'),
    fatal: at('error'),
  };
  return logger as unknown as Logger;
}
