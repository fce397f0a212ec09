import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromColumns, toColumns } from './columns.ts';
import { Columns } from './frames.ts';

const cell = fc.oneof(
  fc.constantFrom('group', 'direct', null, true, 0, 1),
  fc.constantFrom(['post', 'leave'], [], { post: 'member' }),
  fc.string(),
  fc.integer(),
);

test('columns have the rows that they were made of', () => {
  const rows = fc
    .uniqueArray(fc.string(), { maxLength: 30 })
    .filter((names) => !names.includes('__proto__'))
    .chain((names) => {
      const row = fc.tuple(...names.map(() => cell));
      const named = row.map((cells) => Object.fromEntries(names.map((n, i) => [n, cells[i]])));
      return fc.array(named, { maxLength: 20 });
    });
  fc.assert(
    fc.property(rows, (made) => {
      const columns = Columns.parse(JSON.parse(JSON.stringify(toColumns(made))));
      expect(fromColumns(columns)).toEqual(made);
    }),
  );
});

test('values that rows share are there once', () => {
  const rows = ['a', 'b', 'a', 'b', 'a'].map((author, seq) => ({
    author,
    seq,
    kind: 'group',
    permissions: ['post', 'leave'],
    topic: `topic ${seq}`,
  }));
  expect(toColumns(rows)).toEqual({
    rows: 5,
    columns: {
      author: { values: ['a', 'b'], at: [0, 1, 0, 1, 0] },
      seq: { each: [0, 1, 2, 3, 4] },
      kind: { all: 'group' },
      permissions: { all: ['post', 'leave'] },
      topic: { each: ['topic 0', 'topic 1', 'topic 2', 'topic 3', 'topic 4'] },
    },
  });
});

test('no rows have no columns', () => {
  expect(toColumns([])).toEqual({ rows: 0, columns: {} });
  expect(fromColumns({ rows: 0, columns: {} })).toEqual([]);
});
