// Part of `npm run lint`: fails where a retired word appears, and names the word to use instead; also
// where a merge has left a conflict in a text that no compiler reads.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RETIRED, UNCHECKED } from './retired-words.mjs';
import { root } from './run.mjs';

const TEXT = /\.(?:ts|tsx|mts|mjs|js|css|sql|md|html|ya?ml|json|service|timer|conf|example)$/;

const rules = RETIRED.map((rule) => ({ ...rule, regex: wordRegex(rule.pattern) }));
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => TEXT.test(path) && !UNCHECKED.test(path) && existsSync(join(root, path)));

let found = 0;
for (const path of files) {
  const applicable = rules.filter(
    ({ only, except }) => (!only || only.test(path)) && !except?.test(path),
  );
  for (const [index, line] of readFileSync(join(root, path), 'utf8').split('\n').entries()) {
    if (/^(?:<{7}|>{7}) /.test(line)) {
      console.error(`${path}:${index + 1}: an unresolved merge conflict`);
      process.exitCode = 1;
    }
    for (const { regex, use } of applicable) {
      const match = regex.exec(line);
      if (!match) continue;
      console.error(`${path}:${index + 1}: “${match[0]}” is retired; use: ${use}`);
      found++;
    }
  }
}
if (found > 0) {
  console.error(`${found} retired words. See docs/glossary.md.`);
  process.exitCode = 1;
}

/** Matches a whole word, or a whole part of a camelCase or snake_case name. */
function wordRegex(pattern) {
  const capital = pattern.replace(
    /(^|[(|])(\?:)?([a-z])/g,
    (_, open, group = '', letter) => `${open}${group}${letter.toUpperCase()}`,
  );
  return new RegExp(
    `(?<![A-Za-z])(?:${pattern})(?![a-z])|(?<![A-Za-z])(?:${capital})(?![a-z])|(?<=[a-z])(?:${capital})(?![a-z])`,
  );
}
