import type pg from 'pg';

/** Something that statements run on: the pool, or the connection of a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;
