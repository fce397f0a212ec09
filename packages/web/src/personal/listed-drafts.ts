import { draftKey } from '@parley/client';
import type { ConversationId, Draft, Seq } from '@parley/protocol';
import type { DeviceDraft } from '../composer/drafts/stored-draft.ts';

/** A draft in the list. */
export interface ListedDraft {
  readonly conversation: ConversationId;
  readonly thread: Seq | null;
  readonly body: string;
  /** The draft on the server; undefined if only this device has it. */
  readonly saved?: Draft;
}

/**
 * Returns the drafts to list: first those that only this device has, then those on the server, the last changed first.
 *
 * @param saved the drafts on the server; undefined if they are not known, without a network connection
 */
export function listed(
  saved: readonly Draft[] | undefined,
  onDevice: readonly DeviceDraft[],
): readonly ListedDraft[] {
  const known = new Set(saved?.map(draftKey));
  // One that was saved but is not on the server was deleted on another device.
  const isListed = (draft: DeviceDraft) => saved === undefined || draft.isUnsaved;
  const unsaved = new Map(
    onDevice.filter(isListed).map((draft) => [draftKey(draft), draft] as const),
  );
  const sorted = [...(saved ?? [])].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  return [
    ...[...unsaved].filter(([key]) => !known.has(key)).map(([, draft]) => draft),
    ...sorted.map(({ conversation, thread, body, ...rest }) => ({
      conversation,
      thread,
      body: unsaved.get(draftKey({ conversation, thread }))?.body ?? body,
      saved: { conversation, thread, body, ...rest },
    })),
  ];
}
