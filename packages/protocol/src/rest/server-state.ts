import { count, Timestamp } from '../base/bounds.ts';
import { z } from '../base/z.ts';
import { NotificationHealth } from '../notifications/health.ts';

/** The state of the running server, for admins. */

const milliseconds = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * Percentiles of the last minute, ms, rounded up by at most a quarter; null: nothing was measured.
 */
const RecentTimes = z.object({ median: milliseconds, p99: milliseconds }).nullable();

/** The state of one node. */
export const NodeState = z
  .object({
    /** Its unique name. */
    node: z.string().max(100),
    version: z.string().max(40),
    startedAt: Timestamp,
    measuredAt: Timestamp,
    /** Sockets of clients. `congested`: those whose client does not read fast enough. */
    sockets: z.object({ open: count(), catchingUp: count(), congested: count() }),
    /** Accounts with a socket on this node. */
    accounts: count(),
    /** Messages that were posted through this node in the last minute. */
    messagesPerMinute: count(),
    /** Time from the timestamp of an event to its delivery to the sockets of this node. */
    delivery: RecentTimes,
    /** Time of the COMMIT of a batch of commands. */
    commit: RecentTimes,
    /** Bytes that wait in the sockets to be sent. */
    unsentBytes: count(),
    /** Connections to the database, and queries that wait for one. */
    database: z.object({ busy: count(), idle: count(), waiting: count() }),
    /** Memory of the process. */
    memoryBytes: count(),
    /** How the node is connected to the others; `standalone`: REDIS_URL is not set. */
    broker: z.enum(['standalone', 'connected', 'disconnected']),
    /** The latest round trip through the broker; null without one. */
    brokerRoundTripMs: milliseconds.nullable(),
  })
  .meta({ id: 'NodeState' });
export type NodeState = z.infer<typeof NodeState>;

/** The state of the server: its nodes, and what they share. */
export const ServerState = z
  .object({
    /** The node that answers is the first; others follow by name, as they have reported in the last 20 seconds. */
    nodes: z.array(NodeState).min(1),
    database: z.object({
      kind: z.enum(['embedded', 'external']),
      version: z.string(),
      sizeBytes: count(),
      /** How long it took to answer this request. */
      answerMs: milliseconds,
    }),
    /** The file system of the data folder of the node that answers. `isFull`: writes are rejected. */
    disk: z.object({ freeBytes: count(), totalBytes: count(), isFull: z.boolean() }),
    /** The queues of emails and push notifications, and of decisions; null: they could not be read. */
    notifications: NotificationHealth.nullable(),
  })
  .meta({ id: 'ServerState' });
export type ServerState = z.infer<typeof ServerState>;
