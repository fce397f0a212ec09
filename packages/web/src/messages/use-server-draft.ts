import { type DraftPlace, draftKey } from '@parley/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { charactersLeft } from './composer-rules.ts';
import { readSentDraft, writeSentDraft } from './sent-draft.ts';

/** A pause in typing after which the draft is saved, ms. */
const PAUSE_MS = 1_000;
const RETRY_MS = 15_000;
const textName = (key: string) => `draft.${key}`;
const baseName = (key: string) => `draft-base.${key}`;

/** The draft of a field for messages. */
export interface FieldDraft {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** To be called when the text was sent, with what is settled once it is. */
  readonly sent: (settled: Promise<unknown>) => void;
}

/** The draft of a conversation or thread, stored on this device, and on the server for all devices. */
export function useDraft({ conversation, thread = null }: DraftPlace): FieldDraft {
  const account = useAccountId();
  const place = useMemo(() => ({ conversation, thread }), [conversation, thread]);
  const name = textName(draftKey(place));
  const [text, setText] = useState(() => readKept(account, name) ?? '');
  const sent = useServerDraft(place, text, setText);
  useEffect(() => writeKept(account, name, text || null), [account, name, text]);
  return { text, setText, sent };
}

/**
 * Keeps the draft the same on all devices. What is on the screen is never replaced while it has changes
 * that are not saved: the newest save wins. Returns what to call when the text was sent.
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
  /** The text as the server has it, as far as this device knows. */
  const base = useRef(readKept(account, baseName(key)) ?? '');
  const current = useRef(text);
  current.current = text;
  /** Changes when a post is settled: what is on the screen may have to be saved then. */
  const [round, setRound] = useState(0);
  /** Posts that are not acknowledged: until then the draft stays on the server. */
  const sending = useRef(0);
  /** What a page that was closed had sent before it could delete the draft. */
  const leftOver = useRef(readSentDraft(account, place));
  /** The text of the last save. */
  const saved = useRef('');
  /** The version of a save that is under way; undefined if it fails. */
  const saving = useRef<Promise<number | undefined>>(Promise.resolve(undefined));
  const setBase = useCallback(
    (body: string) => {
      base.current = body;
      writeKept(account, baseName(key), body || null);
    },
    [account, key],
  );

  useEffect(() => {
    const adopt = () => {
      const body = client.drafts.get(place)?.body ?? '';
      if (leftOver.current.includes(body)) return;
      if (leftOver.current.length > 0 && sending.current === 0) {
        writeSentDraft(account, place, []);
      }
      leftOver.current = [];
      const isClean = current.current === base.current && sending.current === 0;
      setBase(body);
      if (!isClean || body === current.current) return;
      // At once: another change may arrive before the text is on the screen, and this one is not the user's.
      current.current = body;
      setText(body);
    };
    const stop = client.on('draft', (change) => {
      if (draftKey(change) === key) adopt();
    });
    const load = async () => {
      await client.drafts.load();
      const draft = client.drafts.get(place);
      if (draft && leftOver.current.includes(draft.body)) {
        // The event of the deletion forgets what was left over.
        await client.api.deleteDraft(place, draft.version);
      } else adopt();
    };
    if (isLive) load().catch(() => undefined);
    return stop;
  }, [client, account, place, key, isLive, setBase, setText]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a settled post is a reason to save
  useEffect(() => {
    if (!isLive || text === base.current || sending.current > 0) return;
    // Too long to be stored, or to be sent.
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
        // The text is kept on this device, and saved later.
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
  }, [client, place, isLive, text, round, setBase]);

  return useCallback(
    (settled) => {
      const known = client.drafts.get(place)?.version;
      const underWay = saving.current;
      sending.current++;
      // The server may have the text as it was sent, or as the last save has it.
      writeSentDraft(account, place, [current.current, saved.current]);
      const done = () => {
        sending.current--;
        if (sending.current === 0) writeSentDraft(account, place, []);
        setRound((n) => n + 1);
      };
      settled
        .then(async () => {
          // A draft that another device has saved since stays; a save of what was sent does not.
          const version = Math.max(known ?? 0, (await underWay) ?? 0) || undefined;
          if (version !== undefined) await client.api.deleteDraft(place, version);
          done();
        }, done)
        .catch(done);
    },
    [client, account, place],
  );
}
