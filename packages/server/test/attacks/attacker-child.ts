// Test program: carries out the attacks of its argument (JSON) concurrently, in its own process
// so that the process that measures keeps its processor time. Prints their outcomes.
import { type Attack, attack } from './attacks.ts';

const wanted = JSON.parse(process.argv[2] ?? '[]') as Attack[];
console.log(JSON.stringify(await Promise.all(wanted.map(attack))));
