import { type DraftPlace, draftKey } from '@parley/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { charactersLeft } from './composer-rules.ts';
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

/**
 * Keeps the draft the same on all devices. The text on the screen is never replaced while it has unsaved
 * changes: the newest save wins. Returns the function to call when the text was sent.
 */
function useServerDraft(
  place: DraftPlace,
  text: string,
  setText: (text: string) => void,
): (settled: Promise<unknown>) => void {
  const client = useClient();
  const account = useAccountId();
  const key = draftKey(place);
  const isLive = useParley((s) => s.state) === 'live';
  /** The text on the server, as far as this device knows. */
  const base = useRef(readDraftBase(account, place));
  const current = useRef(text);
  current.current = text;
  /** Changes when a post is settled: the text on the screen may have to be saved then. */
  const [settledPosts, setSettledPosts] = useState(0);
  /** Unacknowledged posts: the draft stays on the server until they are acknowledged. */
  const sending = useRef(0);
  /** The texts that an earlier page sent but was closed before deleting the draft. */
  const sentBefore = useRef(readSentDraft(account, place));
  /** The text of the last save. */
  const saved = useRef('');
  /** The version of a save in progress; undefined if it fails. */
  const saving = useRef<Promise<number | undefined>>(Promise.resolve(undefined));
  const setBase = useCallback(
    (body: string) => {
      base.current = body;
      writeDraftBase(account, place, body);
    },
    [account, place],
  );

  useEffect(() => {
    const adopt = () => {
      const body = client.drafts.get(place)?.body ?? '';
      if (sentBefore.current.includes(body)) return;
      if (sentBefore.current.length > 0 && sending.current === 0) {
        writeSentDraft(account, place, []);
      }
      sentBefore.current = [];
      const isClean = current.current === base.current && sending.current === 0;
      setBase(body);
      if (!isClean || body === current.current) return;
      // Updated at once: another change may arrive before the text is rendered, and this change is not the user's.
      current.current = body;
      setText(body);
    };
    const stop = client.on('draft', (change) => {
      if (draftKey(change) === key) adopt();
    });
    const load = async () => {
      await client.drafts.load();
      const draft = client.drafts.get(place);
      if (draft && sentBefore.current.includes(draft.body)) {
        // The event of the deletion clears the stored texts.
        await client.api.deleteDraft(place, draft.version);
      } else adopt();
    };
    if (isLive) load().catch(() => undefined);
    return stop;
  }, [client, account, place, key, isLive, setBase, setText]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a settled post is a reason to save
  useEffect(() => {
    if (!isLive || text === base.current || sending.current > 0) return;
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
        saved.current = text;
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
        saving.current = save();
      }, ms);
    };
    later(PAUSE_MS);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [client, place, isLive, text, settledPosts, setBase]);

  return useCallback(
    (settled) => {
      const serverVersion = client.drafts.get(place)?.version;
      const pendingSave = saving.current;
      sending.current++;
      // The server may have the text that was sent, or that of the last save.
      writeSentDraft(account, place, [current.current, saved.current]);
      const done = () => {
        sending.current--;
        if (sending.current === 0) writeSentDraft(account, place, []);
        setSettledPosts((n) => n + 1);
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
    [client, account, place],
  );
}
