import type pg from 'pg';
import { displayNameSkeleton, usernameSkeleton } from './names.ts';

/** Computes the name skeletons of accounts that were created before skeletons were stored. */
export async function backfillSkeletons(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ id: string; username: string; display_name: string }>(
    `select id, username, display_name from accounts
     where (username_skeleton is null or display_name_skeleton is null) and deleted_at is null`,
  );
  if (rows.length === 0) return;
  await pool.query(
    `update accounts a set username_skeleton = k.username, display_name_skeleton = k.display_name
     from unnest($1::uuid[], $2::text[], $3::text[]) as k (id, username, display_name)
     where a.id = k.id`,
    [
      rows.map((row) => row.id),
      rows.map((row) => usernameSkeleton(row.username)),
      rows.map((row) => displayNameSkeleton(row.display_name)),
    ],
  );
}
