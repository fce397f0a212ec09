import type { HistoryRecord } from '@parley/chaos/history/history';
import { heldTextsIn } from '@parley/chaos/history/holds';
import { type ConversationId, streamOfConversation } from '@parley/protocol';
import type { SimulatedNode } from '../node/node.ts';

/** A released legal hold is purged within this time, simulated ms: nodes search for one every 15 s. */
const PURGED_MS = 20_000;

interface HoldRecordDeps {
  readonly node: SimulatedNode;
  readonly conversations: readonly ConversationId[];
  /** Whether its release was acknowledged, and not undone. */
  readonly mustBeReleased: boolean;
  /** Runs work in the process of the node. */
  readonly within: <T>(work: () => T) => T;
  /** Returns the simulated time, ms. */
  readonly now: () => number;
  readonly pause: () => Promise<void>;
}

/** Returns the export of the legal hold at the end of a run; after its release, what is left of it once it should be purged. */
export async function holdRecord({
  node,
  conversations,
  mustBeReleased,
  within,
  now,
  pause,
}: HoldRecordDeps): Promise<HistoryRecord> {
  let hold = await within(() => node.hold());
  if (hold.releasedAt === null && !mustBeReleased) {
    const texts = heldTextsIn(await within(() => node.exportHold()));
    return { kind: 'held', streams: conversations.map(streamOfConversation), texts };
  }
  const isOver = now() + PURGED_MS;
  while (hold.purgedAt === null && now() < isOver) {
    await pause();
    hold = await within(() => node.hold());
  }
  return { kind: 'purged', isPurged: hold.purgedAt !== null, versions: hold.heldVersions };
}
