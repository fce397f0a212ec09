/**
 * SQL: whether a membership has not ended, for lookups of one account in one conversation. Written
 * so that it matches no partial index: before tables are analyzed, the planner would consider the
 * index of all members of a conversation as good as the key, and read them all to find one.
 */
export const isCurrent = (alias: string): string => `coalesce(${alias}.left_seq, 0) = 0`;
