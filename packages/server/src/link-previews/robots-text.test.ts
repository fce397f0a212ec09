import { expect, test } from 'vitest';
import { rulesFor } from './robots-text.ts';

const rules = (...lines: string[]) => rulesFor('Robot', lines.join('\n'));

test('the rules for the robot apply, or else those for all robots', () => {
  const all = ['User-agent: Other', 'User-agent: *', 'Disallow: /a # why', 'Allow:/b'];
  expect(rules(...all)).toBe('user-agent: *\ndisallow: /a\nallow: /b\n');
  expect(rules(...all, 'USER-AGENT: robot/2.0', 'Disallow:')).toBe(
    'user-agent: robot\ndisallow: \n',
  );
  expect(rules('User-agent: Robot', 'Sitemap: x', 'User-agent: Other', 'Disallow: /')).toBe(
    'user-agent: *\n',
  );
  expect(rules('Disallow: /', 'no field', '')).toBe('user-agent: *\n');
});

test('a line is one rule, however many names its group has', () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `User-agent: a${n}`);
  const found = rules(...names, 'User-agent: *', ...Array(1_000).fill('Disallow: /x'));
  expect(found?.split('\n')).toHaveLength(1_002);
});

test('rules whose wildcards take too long are not used', () => {
  expect(rules('User-agent: *', ...Array(100).fill('Disallow: /*/x'))).not.toBeNull();
  expect(rules('User-agent: *', ...Array(1_700).fill('Disallow: /*a*a*a$'))).toBeNull();
  expect(rules('User-agent: a', ...Array(1_700).fill('Disallow: /*a*a*a$'))).not.toBeNull();
});
