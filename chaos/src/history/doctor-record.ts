import { examine } from '@parley/server/doctor';
import pg from 'pg';
import type { RunDatabase } from '../processes/database.ts';
import type { RecordOf } from './history.ts';

/** Returns what the doctor of the server finds in the database of a run. */
export async function doctorRecord({ connection }: RunDatabase): Promise<RecordOf<'doctor'>> {
  const pool = new pg.Pool({ ...connection, max: 2 });
  try {
    const findings = await examine(pool);
    return {
      kind: 'doctor',
      findings: findings.map((f) => `${f.description} (${f.table}, ${f.count} times)`),
    };
  } finally {
    await pool.end();
  }
}
