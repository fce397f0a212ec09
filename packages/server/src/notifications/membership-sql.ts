/**
 * SQL: whether a membership has not ended, for lookups of one account in one conversation. Spelled so that no partial index
 * answers it: before the tables are analyzed, the database would take the index of all members of a conversation to be as
 * good as the key, and read them all to find one.
 */
export const isCurrent = (alias: string): string => `coalesce(${alias}.left_seq, 0) = 0`;
