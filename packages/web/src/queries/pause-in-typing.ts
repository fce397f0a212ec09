/**
 * Waits for a pause in typing. The query of a text that is typed on is aborted before it has requested anything.
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
