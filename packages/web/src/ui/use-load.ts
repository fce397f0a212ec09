import { useCallback, useEffect, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';

/** Something that is read from the server: nothing yet, it, or why not. */
export interface Loaded<T> {
  readonly data: T | null;
  readonly problem: string | null;
  reload(): Promise<void>;
  /** Takes a change that the server has answered with. */
  set(change: (data: T) => T): void;
}

/** Reads something when it is first drawn and when `key` changes. What comes too late is left out. */
export function useLoad<T>(read: () => Promise<T>, key = ''): Loaded<T> {
  const [data, setData] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const turn = useRef(0);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const found = await latest.current();
      if (mine !== turn.current) return;
      setData(found);
      setProblem(null);
    } catch (error) {
      if (mine === turn.current) setProblem(errorMessage(error));
    }
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another thing to read
  useEffect(() => {
    void reload();
    return () => {
      turn.current++;
    };
  }, [reload, key]);
  const set = useCallback(
    (change: (data: T) => T) => setData((now) => (now === null ? now : change(now))),
    [],
  );
  return { data, problem, reload, set };
}
