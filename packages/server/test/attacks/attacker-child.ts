// A program for tests: carries out the attacks of its argument (JSON), all at once, in a process of
// its own, so that it takes no time from those who measure. Says what came of them.
import { type Attack, attack } from './attacks.ts';

const wanted = JSON.parse(process.argv[2] ?? '[]') as Attack[];
console.log(JSON.stringify(await Promise.all(wanted.map(attack))));
