import { register } from 'node:module';
import { findMutant } from '../mutants.ts';

/** Loaded before a node of a chaos run: plants the fault that CHAOS_MUTANT names. */
const name = process.env.CHAOS_MUTANT;
const mutant = findMutant(name);
if (!mutant?.edits) throw new Error(`There is no fault ${name} to plant in the server`);
register('./hooks.js', import.meta.url, { data: mutant.edits });
