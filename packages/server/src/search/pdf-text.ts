import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** Pages that are read, at most. */
const PAGES_MAX = 300;
/** Reading a PDF is abandoned after this time, ms. */
const TIME_MS = 20_000;
/** The heap of the thread that reads a PDF, MB. */
const HEAP_MB = 256;
/**
 * It is also abandoned if the memory of the process grows by this much: buffers are not part of the
 * heap.
 */
const GROWTH_BYTES = 500 * 1024 * 1024;
/** Interval of the check of the memory. */
const CHECK_MS = 20;

/** The program of the thread: it receives the bytes, and sends the text. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { getDocumentProxy } = require(workerData.library);
  (async () => {
    const options = { isEvalSupported: false, disableFontFace: true, verbosity: 0 };
    const pdf = await getDocumentProxy(workerData.bytes, options);
    let text = '';
    const pages = Math.min(pdf.numPages, workerData.pagesMax);
    for (let n = 1; n <= pages && text.length < workerData.textMax; n++) {
      const page = await pdf.getPage(n);
      const { items } = await page.getTextContent();
      for (const { str, hasEOL } of items) text += (str ?? '') + (hasEOL ? '\\n' : '');
      text += '\\n';
      page.cleanup();
    }
    parentPort.postMessage(text.slice(0, workerData.textMax));
  })().catch((error) => {
    // Its message may contain part of the content; its name does not.
    throw new Error('PDF not readable: ' + String(error && error.name).slice(0, 100));
  });
`;

/**
 * Returns the beginning of the text of a PDF. Runs in its own thread, with bounds on time and
 * memory.
 * @throws if it is damaged, or exceeds a bound
 */
export async function textOfPdf(bytes: Uint8Array, textMax: number): Promise<string> {
  const library = createRequire(import.meta.url).resolve('unpdf');
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { library, bytes: new Uint8Array(bytes), pagesMax: PAGES_MAX, textMax },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 32 },
    env: {},
    stdout: true,
    stderr: true,
  });
  const rssBefore = process.memoryUsage.rss();
  const timers: NodeJS.Timeout[] = [];
  try {
    return await new Promise<string>((resolve, reject) => {
      const late = () => reject(new Error('PDF not read in time'));
      timers.push(setTimeout(late, TIME_MS));
      const check = () => {
        if (process.memoryUsage.rss() - rssBefore < GROWTH_BYTES) return;
        reject(new Error('PDF takes too much memory'));
      };
      timers.push(setInterval(check, CHECK_MS));
      worker.on('message', (text: string) => resolve(text));
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('PDF reader ended without a text')));
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await worker.terminate();
  }
}
