import { describe, expect, test } from 'vitest';
import { type ApiDocument, apiReferencePage } from './api-reference.ts';

const document: ApiDocument = {
  info: { description: 'About `this` API.\n\nSee [errors](/docs/errors).' },
  tags: [{ name: 'Messages', description: 'Posting' }, { name: 'Unused' }],
  paths: {
    '/drafts': { get: { operationId: 'listDrafts', summary: 'List drafts', tags: ['Drafts'] } },
    '/messages/{id}': {
      post: {
        operationId: 'post',
        summary: 'Post <now>',
        tags: ['Messages'],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 9 } },
        ],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: { body: { type: 'string' }, tags: { items: { type: 'string' } } },
                required: ['body'],
                examples: [{ body: '<hello>' }],
              },
            },
          },
        },
        responses: {
          409: { description: '`too_many_pins`' },
          201: {
            description: 'Created',
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/Message' } },
            },
          },
        },
      },
    },
  },
  components: { schemas: { Message: { properties: { seq: { type: 'integer', minimum: 1 } } } } },
};

describe('the API reference', () => {
  const html = apiReferencePage(document);

  test('shows each operation, also under a tag that the document does not describe', () => {
    expect(html.match(/<h2 id="tag-[\w-]+">/g)).toEqual([
      '<h2 id="tag-messages">',
      '<h2 id="tag-drafts">',
    ]);
    for (const id of ['op-post', 'op-listDrafts']) {
      expect(html).toContain(`<h3 id="${id}">`);
      expect(html).toContain(`<li><a href="#${id}">`);
    }
  });

  test('shows parameters, bodies with examples, responses and schemas', () => {
    expect(html).toContain(
      '<dt>409</dt><dd><p><a href="/docs/errors#too_many_pins"><code>too_many_pins</code></a></p>',
    );
    expect(html).toContain('<code>id</code> in path, string, required, at most 9 characters');
    expect(html).toContain('<code>body</code> string, required');
    expect(html).toContain('<code>tags</code> array of string');
    expect(html).toContain('<a href="#schema-Message">Message</a>');
    expect(html).toContain('<h3 id="schema-Message">');
    expect(html).toContain('<code>seq</code> integer, at least 1');
  });

  test('escapes text, and formats the Markdown of descriptions', () => {
    expect(html).toContain('Post &#60;now&#62;');
    expect(html).toContain('&#60;hello&#62;');
    expect(html).not.toMatch(/<now>|<hello>|<script/);
    expect(html).toContain('<p>About <code>this</code> API.</p>');
    expect(html).toContain('<a href="/docs/errors">errors</a>');
  });
});
