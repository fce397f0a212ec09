import { z } from 'zod';

/**
 * Texts for values that a schema rejects, for those who read the response of the API. A schema with its own text
 * keeps it.
 */

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const TYPES: Readonly<Record<string, string>> = {
  string: 'Must be a string',
  number: 'Must be a number',
  int: 'Must be an integer',
  boolean: 'Must be true or false',
  array: 'Must be a list',
  object: 'Must be an object',
  null: 'Must be null',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'Must be a UUID',
  datetime: 'Must be a date and time in UTC, such as 2026-03-01T09:00:00.000Z',
  url: 'Must be a URL',
  email: 'Must be an email address',
};

/** Returns what is wrong with a value; undefined if “invalid” is specific enough. */
function schemaText(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'This field is required' : TYPES[issue.expected];
    case 'too_small':
      return boundText(issue.origin, 'at least', Number(issue.minimum));
    case 'too_big':
      return boundText(issue.origin, 'at most', Number(issue.maximum));
    case 'invalid_value': {
      const values = issue.values.map(String);
      return values.length === 1 ? `Must be ${values[0]}` : `Must be one of ${values.join(', ')}`;
    }
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'Has an invalid format';
    case 'unrecognized_keys':
      return `Unknown fields: ${issue.keys.join(', ')}`;
    default:
      return 'This value is invalid';
  }
}

function boundText(origin: string, bound: 'at least' | 'at most', count: number): string {
  if (origin === 'string') {
    if (bound === 'at least' && count === 1) return 'Must not be empty';
    return `Must have ${bound} ${counted(count, 'character')}`;
  }
  if (origin === 'array' || origin === 'set') return `Must have ${bound} ${counted(count, 'item')}`;
  return `Must be ${bound} ${count}`;
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

z.config({ localeError: schemaText });
