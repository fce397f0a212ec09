/**
 * Waits for a pause in typing. If typing continues, the query is aborted before its request.
 * @throws the reason of the signal
 */
export function pauseInTyping(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
