// npm run security: licenses, known vulnerabilities, regular expressions and secrets. Each check prints
// one line; the exit code is 1 if one of them fails.
import { checkPackages } from './check-patterns.mjs';
import { advisories } from './security/advisories.mjs';
import { licenses } from './security/licenses.mjs';
import { secrets } from './security/secrets.mjs';

async function patterns() {
  const { problems, checked } = await checkPackages();
  return { problems, summary: `${checked} regular expressions` };
}

for (const [name, check] of Object.entries({ licenses, advisories, patterns, secrets })) {
  const { problems, summary, unchecked } = await check();
  if (unchecked !== undefined) {
    console.log(`${name} not checked: ${unchecked}`);
  } else if (problems.length === 0) {
    console.log(`${name} ok: ${summary}`);
  } else {
    console.log(`${name} FAILED: ${problems.join('; ')}`);
    process.exitCode = 1;
  }
}
