/**
 * Pages of messages, of their versions and of events end once their texts have this many bytes, whatever
 * the limit of the request: otherwise a page of long messages would have 12 MB, and a few of them at
 * once would exhaust the memory.
 */
export const PAGE_BYTES = 512 * 1024;
