import { expect, test } from 'vitest';
import { readAudit } from './advisories.mjs';

const read = (report: object) => readAudit(JSON.stringify(report));

test('advisories of high and critical severity are problems', () => {
  const vulnerabilities = {
    a: { name: 'a', severity: 'critical', range: '<1.2.3' },
    b: { name: 'b', severity: 'moderate', range: '*' },
    c: { name: 'c', severity: 'high', range: '>=2' },
  };
  const { problems, unchecked } = read({ auditReportVersion: 2, vulnerabilities });
  expect(problems).toEqual(['a <1.2.3: critical', 'c >=2: high']);
  expect(unchecked).toBeUndefined();
  expect(read({ vulnerabilities: {} })).toEqual({ problems: [], summary: '0 below high' });
});

test.each([
  [{ statusCode: 405 }, 'the registry does not offer them'],
  [{ statusCode: 404 }, 'the registry does not offer them'],
  [{ statusCode: 503 }, 'the registry answered 503'],
  [{ message: 'request failed: connect ECONNREFUSED' }, 'the registry cannot be reached'],
  [{ error: { code: 'ENOTFOUND' } }, 'the registry cannot be reached'],
])('nothing is checked after %j', (report, unchecked) => {
  expect(read(report)).toMatchObject({ problems: [], unchecked });
});

test('any other failure of npm is a problem', () => {
  expect(read({ error: { code: 'ENOLOCK' } }).problems).toHaveLength(1);
  expect(readAudit('not JSON').problems).toHaveLength(1);
});
