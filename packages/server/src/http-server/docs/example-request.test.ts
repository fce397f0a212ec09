import { expect, test } from 'vitest';
import { curlOf } from './example-request.ts';

const id = { name: 'id', in: 'path', required: true };
const json = (content: object) => ({ content: { 'application/json': content } });
const token = [{ accessToken: [] }];

test('a request that reads has variables in its path, required queries and a token', () => {
  const format = {
    name: 'format',
    in: 'query',
    required: true,
    schema: { enum: ['jsonl', 'csv'] },
  };
  const limit = { name: 'limit', in: 'query', required: false };
  const operation = { parameters: [id, format, limit], security: token };
  expect(curlOf({ method: 'GET', path: '/holds/{id}/export', operation }, {})).toBe(
    'curl "$PARLEY/holds/$ID/export?format=jsonl" \\\n  -H "Authorization: Bearer $TOKEN"',
  );
});

test('a request that writes has the example of its body, and the headers that it takes', () => {
  const session = { name: 'parley-session', in: 'header', required: false };
  const operation = {
    parameters: [session],
    security: token,
    requestBody: json({ examples: { example1: { value: { body: "It's done" } } } }),
  };
  expect(curlOf({ method: 'POST', path: '/messages', operation }, {})?.split(' \\\n  ')).toEqual([
    'curl -X POST "$PARLEY/messages"',
    '-H "Authorization: Bearer $TOKEN"',
    "-H 'Parley-Session: token'",
    "-H 'Content-Type: application/json'",
    `-d '{"body":"It'\\''s done"}'`,
  ]);
});

test('a body without an example has the fields that are required', () => {
  const schema = {
    type: 'object',
    properties: {
      title: { type: 'string' },
      username: { type: 'string' },
      kind: { $ref: '#/components/schemas/Kind' },
      ids: { type: 'array', items: { type: 'integer', minimum: 3 }, minItems: 2 },
      until: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      note: { type: 'string' },
    },
    required: ['title', 'username', 'kind', 'ids', 'until'],
  };
  const operation = { requestBody: json({ schema }) };
  const curl = curlOf({ method: 'PUT', path: '/x', operation }, { Kind: { enum: ['group'] } });
  expect(curl).toContain(
    `-d '{"title":"…","username":"ann","kind":"group","ids":[3,3],"until":"2027-01-01T00:00:00.000Z"}'`,
  );
  expect(curl).not.toContain('Authorization');
});

test('there is none for requests with headers of their own', () => {
  const operation = { parameters: [{ name: 'upload-length', in: 'header', required: true }] };
  expect(curlOf({ method: 'POST', path: '/uploads', operation }, {})).toBeNull();
});
