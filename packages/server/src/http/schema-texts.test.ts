import { expect, test } from 'vitest';
import { z } from 'zod';
import './schema-texts.ts';

test.each([
  [z.string(), undefined, 'This field is required'],
  [z.string(), 7, 'Must be a string'],
  [z.int(), 1.5, 'Must be an integer'],
  [z.boolean(), 'yes', 'Must be true or false'],
  [z.array(z.string()), {}, 'Must be a list'],
  [z.object({}), [], 'Must be an object'],
  [z.string().min(1), '', 'Must not be empty'],
  [z.string().max(3), 'long', 'Must have at most 3 characters'],
  [z.array(z.int()).min(1), [], 'Must have at least 1 item'],
  [z.int().min(1), 0, 'Must be at least 1'],
  [z.int().max(50), 51, 'Must be at most 50'],
  [z.enum(['spam', 'other']), 'x', 'Must be one of spam, other'],
  [z.literal('token'), 'x', 'Must be token'],
  [z.uuid(), 'x', 'Must be a UUID'],
  [z.iso.datetime(), 'x', 'Must be a date and time in UTC, such as 2026-03-01T09:00:00.000Z'],
  [z.string().regex(/^\d+$/), 'x', 'Has an invalid format'],
  [z.string().regex(/^\d+$/, 'Only digits'), 'x', 'Only digits'],
  [z.strictObject({}), { a: 1 }, 'Unknown fields: a'],
  [z.union([z.literal('keep'), z.int()]), 'x', 'This value is invalid'],
])('says what is wrong with a value: %#', (schema, value, text) => {
  expect(schema.safeParse(value).error?.issues.map(({ message }) => message)).toEqual([text]);
});
