import { useCallback, useEffect, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';

/** Data from the server: not loaded yet, loaded, or failed. */
export interface Loaded<T> {
  readonly data: T | null;
  readonly problem: string | null;
  reload(): Promise<void>;
  /** Applies a change to the loaded data. */
  set(change: (data: T) => T): void;
}

/** Loads data on mount and when `key` changes. Answers to earlier requests are ignored. */
export function useLoad<T>(read: () => Promise<T>, key = ''): Loaded<T> {
  const [data, setData] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const latestRequest = useRef(0);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(async () => {
    const request = ++latestRequest.current;
    try {
      const found = await latest.current();
      if (request !== latestRequest.current) return;
      setData(found);
      setProblem(null);
    } catch (error) {
      if (request === latestRequest.current) setProblem(errorMessage(error));
    }
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key loads other data
  useEffect(() => {
    void reload();
    return () => {
      latestRequest.current++;
    };
  }, [reload, key]);
  const set = useCallback(
    (change: (data: T) => T) => setData((now) => (now === null ? now : change(now))),
    [],
  );
  return { data, problem, reload, set };
}
