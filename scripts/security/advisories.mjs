// npm run security: known vulnerabilities of the packages that are used in production.
import { execFile } from 'node:child_process';
import { root } from '../run.mjs';

/** Severities that fail the check. */
const SEVERE = new Set(['high', 'critical']);
/** Time limit of the request to the registry, ms. */
const TIMEOUT_MS = 20_000;
/** Errors of a request that received no answer. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED/;
/** Responses of a registry without advisories. */
const NOT_OFFERED = [404, 405, 501];

/**
 * Returns what `npm audit --json --omit=dev` found. Where the registry does not provide advisories or
 * cannot be reached, nothing was checked: `unchecked` says why. Any other failure is a problem.
 * @param {string} output
 * @returns {{ problems: string[], summary: string, unchecked?: string }}
 */
export function readAudit(output) {
  let report;
  try {
    report = JSON.parse(output);
  } catch {
    return {
      problems: [`npm audit did not return JSON: ${output.slice(0, 200)}`],
      summary: 'failed',
    };
  }
  if (report.vulnerabilities !== undefined) {
    const found = Object.values(report.vulnerabilities);
    const problems = found
      .filter(({ severity }) => SEVERE.has(severity))
      .map(({ name, range, severity }) => `${name} ${range}: ${severity}`);
    return { problems, summary: `${found.length - problems.length} below high` };
  }
  const unchecked = reasonOf(report);
  if (unchecked) return { problems: [], summary: '', unchecked };
  return { problems: [`npm audit failed: ${output.slice(0, 200)}`], summary: 'failed' };
}

/** Returns why the registry provided nothing; undefined if npm failed for another reason. */
function reasonOf({ statusCode, code, message, error }) {
  const status = statusCode ?? error?.statusCode;
  if (NOT_OFFERED.includes(status)) return 'the registry does not offer them';
  if (status >= 400) return `the registry answered ${status}`;
  const text = [code, message, error?.code, error?.summary].join(' ');
  return UNREACHABLE.test(text) ? 'the registry cannot be reached' : undefined;
}

/** Asks the registry that npm is configured to use. */
export async function advisories() {
  const args = ['audit', '--json', '--omit=dev', '--fetch-retries=0'];
  // npm exits with 1 when it finds something, and writes its report as well.
  const output = await new Promise((resolve) => {
    execFile(
      'npm',
      [...args, `--fetch-timeout=${TIMEOUT_MS}`],
      { cwd: root, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => resolve(stdout || JSON.stringify({ message: error?.message })),
    );
  });
  return readAudit(output);
}
