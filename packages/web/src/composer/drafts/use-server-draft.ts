import { type DraftPlace, draftKey } from '@parley/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useAccountId, useClient, useParley } from '../../session/use-client.ts';
import { charactersLeft } from './sendable.ts';
import { readSentDraft, writeSentDraft } from './sent-draft.ts';
import { readDraft, readDraftBase, writeDraft, writeDraftBase } from './stored-draft.ts';

/** The draft is saved after a pause in typing of this length, ms. */
const PAUSE_MS = 1_000;
const RETRY_MS = 15_000;

/** The draft of a message field. */
export interface FieldDraft {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** To be called when the text was sent, with a promise that settles with the post. */
  readonly sent: (settled: Promise<unknown>) => void;
}

/** The draft of a conversation or thread, stored on this device, and on the server for all devices. */
export function useDraft({ conversation, thread = null }: DraftPlace): FieldDraft {
  const account = useAccountId();
  const place = useMemo(() => ({ conversation, thread }), [conversation, thread]);
  const [text, setText] = useState(() => readDraft(account, place));
  const sent = useServerDraft(place, text, setText);
  useEffect(() => writeDraft(account, place, text), [account, place, text]);
  return { text, setText, sent };
}

/** What the effects and callbacks of a draft share; a change of it renders nothing. */
interface DraftSync {
  /** The text on the server, as far as this device knows. */
  base: string;
  /** The text on the screen. */
  current: string;
  /** Unacknowledged posts: the draft stays on the server until they are acknowledged. */
  sending: number;
  /** The texts that an earlier page sent but was closed before deleting the draft. */
  sentBefore: readonly string[];
  /** The text of the last save. */
  saved: string;
  /** The version of a save in progress; undefined if it fails. */
  saving: Promise<number | undefined>;
}

/**
 * Keeps the draft the same on all devices. The text on the screen is never replaced while it has unsaved
 * changes: the newest save wins. Returns the function to call when the text was sent.
 */
function useServerDraft(
  place: DraftPlace,
  text: string,
  setText: (text: string) => void,
): FieldDraft['sent'] {
  const account = useAccountId();
  const [sync] = useState<DraftSync>(() => ({
    base: readDraftBase(account, place),
    current: text,
    sending: 0,
    sentBefore: readSentDraft(account, place),
    saved: '',
    saving: Promise.resolve(undefined),
  }));
  sync.current = text;
  /** Changes when a post is settled: the text on the screen may have to be saved then. */
  const [settledPosts, setSettledPosts] = useState(0);
  const setBase = useCallback(
    (body: string) => {
      sync.base = body;
      writeDraftBase(account, place, body);
    },
    [account, place, sync],
  );
  useAdoptedDraft(place, sync, setBase, setText);
  useSavedDraft(place, text, settledPosts, sync, setBase);
  const settled = useCallback(() => setSettledPosts((n) => n + 1), []);
  return useSentDraft(place, sync, settled);
}

/** Shows the draft that another device has saved, unless the text on the screen has unsaved changes. */
function useAdoptedDraft(
  place: DraftPlace,
  sync: DraftSync,
  setBase: (body: string) => void,
  setText: (text: string) => void,
): void {
  const client = useClient();
  const account = useAccountId();
  const key = draftKey(place);
  const isLive = useParley((s) => s.state) === 'live';
  useEffect(() => {
    const adopt = () => {
      const body = client.drafts.get(place)?.body ?? '';
      if (sync.sentBefore.includes(body)) return;
      if (sync.sentBefore.length > 0 && sync.sending === 0) writeSentDraft(account, place, []);
      sync.sentBefore = [];
      const isClean = sync.current === sync.base && sync.sending === 0;
      setBase(body);
      if (!isClean || body === sync.current) return;
      // Updated at once: another change may arrive before the text is rendered, and this change is not the user's.
      sync.current = body;
      setText(body);
    };
    const stop = client.on('draft', (change) => {
      if (draftKey(change) === key) adopt();
    });
    const load = async () => {
      await client.drafts.load();
      const draft = client.drafts.get(place);
      if (draft && sync.sentBefore.includes(draft.body)) {
        // The event of the deletion clears the stored texts.
        await client.api.deleteDraft(place, draft.version);
      } else adopt();
    };
    if (isLive) load().catch(() => undefined);
    return stop;
  }, [client, account, place, key, isLive, sync, setBase, setText]);
}

/** Saves the text on the server after a pause in typing. */
function useSavedDraft(
  place: DraftPlace,
  text: string,
  settledPosts: number,
  sync: DraftSync,
  setBase: (body: string) => void,
): void {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  // biome-ignore lint/correctness/useExhaustiveDependencies: a settled post is a reason to save
  useEffect(() => {
    if (!isLive || text === sync.base || sync.sending > 0) return;
    // Too long to be saved or sent.
    if (charactersLeft(text) < 0) return;
    let timer: ReturnType<typeof setTimeout>;
    let isStopped = false;
    const save = async (): Promise<number | undefined> => {
      try {
        if (text.trim() === '') {
          await client.api.deleteDraft(place);
          setBase('');
          return undefined;
        }
        sync.saved = text;
        const { version } = await client.drafts.save(place, text);
        setBase(text);
        return version;
      } catch {
        // The text stays on this device, and is saved later.
        if (!isStopped) later(RETRY_MS);
        return undefined;
      }
    };
    const later = (ms: number) => {
      timer = setTimeout(() => {
        sync.saving = save();
      }, ms);
    };
    later(PAUSE_MS);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [client, place, isLive, text, settledPosts, sync, setBase]);
}

/** Returns the function that deletes the draft from the server once the text that was sent is acknowledged. */
function useSentDraft(
  place: DraftPlace,
  sync: DraftSync,
  onSettled: () => void,
): FieldDraft['sent'] {
  const client = useClient();
  const account = useAccountId();
  return useCallback(
    (settled) => {
      const serverVersion = client.drafts.get(place)?.version;
      const pendingSave = sync.saving;
      sync.sending++;
      // The server may have the text that was sent, or that of the last save.
      writeSentDraft(account, place, [sync.current, sync.saved]);
      const done = () => {
        sync.sending--;
        if (sync.sending === 0) writeSentDraft(account, place, []);
        onSettled();
      };
      settled
        .then(async () => {
          // Keep a draft that another device has saved since; delete a save of the sent text.
          const version = Math.max(serverVersion ?? 0, (await pendingSave) ?? 0) || undefined;
          if (version !== undefined) await client.api.deleteDraft(place, version);
          done();
        }, done)
        .catch(done);
    },
    [client, account, place, sync, onSettled],
  );
}
