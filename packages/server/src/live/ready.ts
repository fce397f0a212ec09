import {
  compactConversations,
  type Me,
  type Ready,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Start } from '../conversations/start.ts';

/** Returns the `ready` of a connection, without the presence of others and the limits. */
export function readyOf(
  connection: string,
  me: Me,
  start: Start,
  isCompact: boolean,
): Omit<Ready, 'presence' | 'limits'> {
  const { epoch, readVersion, conversations, unchanged } = start;
  const common = { op: 'ready' as const, epoch, connection, me, readVersion };
  const reads = unchanged.map(({ joinedSeq: _joinedSeq, ...rest }) => rest);
  if (isCompact) {
    const compact = compactConversations(conversations, reads);
    return { ...common, streams: ownStreams(me, start), conversations: [], unchanged: [], compact };
  }
  const heads = [...conversations, ...unchanged].map(({ id, lastSeq }) => ({
    id: streamOfConversation(id),
    kind: 'conversation' as const,
    lastSeq,
  }));
  return {
    ...common,
    streams: [...ownStreams(me, start), ...heads],
    conversations,
    unchanged: reads.map(({ lastSeq: _lastSeq, ...rest }) => rest),
  };
}

/** Returns the streams of the account that belong to no conversation. */
function ownStreams(me: Me, { personalSeq, workspaceSeq }: Start): Ready['streams'] {
  const own = { id: streamOfAccount(me.id), kind: 'personal' as const, lastSeq: personalSeq };
  if (me.role === 'guest') return [own];
  return [{ id: WORKSPACE_STREAM, kind: 'workspace', lastSeq: workspaceSeq }, own];
}
