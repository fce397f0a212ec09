import { expect, test } from 'vitest';
import { listStatement } from './list-statement.ts';

const statement = listStatement(
  'things-added',
  [{ id: 'uuid', n: 'ordinality' }, { body: 'text' }],
  (ids, bodies) => `select 1 / (count(*) = ${ids.count})::int from ${ids.rows} i, ${bodies.rows} b`,
);

test('the values are plain if every list has one row', () => {
  expect(statement([['a']], [['text']])).toEqual({
    name: 'things-added-one',
    text: 'select 1 / (count(*) = 1)::int from (select $1::uuid as id, 1 as n) i, (select $2::text as body) b',
    values: ['a', 'text'],
  });
});

test('the values are arrays if a list has several rows', () => {
  expect(statement([['a']], [['text', 'another']])).toEqual({
    name: 'things-added',
    text:
      'select 1 / (count(*) = cardinality($1::uuid[]))::int ' +
      'from (select unnest($1::uuid[]) as id, generate_subscripts($1::uuid[], 1) as n) i, ' +
      '(select unnest($2::text[]) as body) b',
    values: [['a'], ['text', 'another']],
  });
});
