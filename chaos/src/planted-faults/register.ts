import { register } from 'node:module';
import { findPlantedFault } from './planted-faults.ts';

/** Loaded before a node of a chaos run: plants the fault that CHAOS_PLANTED_FAULT names. */
const name = process.env.CHAOS_PLANTED_FAULT;
const planted = findPlantedFault(name);
if (!planted?.edits) throw new Error(`There is no fault ${name} to plant in the server`);
register('./hooks.js', import.meta.url, { data: planted.edits });
