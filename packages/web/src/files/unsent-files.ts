import { type DraftPlace, draftKey, type PostOptions } from '@parley/client';
import type { Attachment, FileId } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { Listeners } from '../lib/listeners.ts';

/** A file that is being added to a message. */
export interface NewFile {
  readonly key: number;
  readonly file: File;
  /** The uploaded fraction, from 0 to 1. */
  readonly progress: number;
  readonly stored: Attachment | null;
  /** Why the upload has failed; null if it has not. */
  readonly failure: string | null;
}

/** The options of a post that do not concern its files. */
export type WaitingOptions = Omit<PostOptions, 'attachments'>;

/** A message that the user has sent while its files are still being uploaded. */
export interface WaitingMessage {
  readonly key: number;
  readonly body: string;
  readonly options: WaitingOptions;
  readonly files: readonly NewFile[];
}

/** The files of a conversation or thread. */
export interface FilesOfPlace {
  /** The files of the message that is being written. */
  readonly files: readonly NewFile[];
  /** The messages that are posted once their files are uploaded, the first sent first. */
  readonly waiting: readonly WaitingMessage[];
}

/** What the files need from the rest of the client. */
export interface UnsentFilesEdges {
  /** Uploads a file. Rejects when it fails, or when the signal is aborted. */
  upload(
    file: File,
    options: { readonly signal: AbortSignal; readonly onProgress: (sent: number) => void },
  ): Promise<Attachment>;
  post(place: DraftPlace, body: string, options: PostOptions): void;
  /** Returns the text to show for an error. */
  textOf(error: unknown): string;
  /** Called when a file of a waiting message has failed: the message is not sent unless the user acts. */
  failed(file: NewFile): void;
}

interface Entry extends FilesOfPlace {
  readonly place: DraftPlace;
}

const EMPTY: FilesOfPlace = { files: [], waiting: [] };

/**
 * The files of all messages that are being written, uploaded as soon as they are chosen. Uploads continue
 * while the user is elsewhere in the client, and messages are posted there too once their files are uploaded.
 */
export class UnsentFiles {
  readonly #edges: UnsentFilesEdges;
  readonly #entries = new Map<string, Entry>();
  readonly #uploads = new Map<number, AbortController>();
  readonly #listeners = new Listeners();
  #lastKey = 0;

  constructor(edges: UnsentFilesEdges) {
    this.#edges = edges;
  }

  /** Calls a listener after each change, until the returned function is called. */
  readonly subscribe = this.#listeners.subscribe;

  /** Returns the files of a place; the same object until they change. */
  of(place: DraftPlace): FilesOfPlace {
    return this.#entries.get(draftKey(place)) ?? EMPTY;
  }

  /** Whether closing the page would end an upload or lose a waiting message. */
  get isBusy(): boolean {
    return this.#uploads.size > 0 || this.waiting.length > 0;
  }

  /** All messages that wait for their files, with their places. */
  get waiting(): readonly { readonly place: DraftPlace; readonly message: WaitingMessage }[] {
    return [...this.#entries.values()].flatMap(({ place, waiting }) =>
      waiting.map((message) => ({ place, message })),
    );
  }

  /** Adds files to the message that is being written. Returns how many of them do not fit into it. */
  add(place: DraftPlace, chosen: readonly File[]): number {
    const { files, waiting } = this.of(place);
    const free = Math.max(0, LIMITS.attachmentsPerMessage - files.length);
    const added = chosen.slice(0, free).map((file): NewFile => {
      this.#lastKey++;
      return { key: this.#lastKey, file, progress: 0, stored: null, failure: null };
    });
    this.#set(place, { files: [...files, ...added], waiting });
    for (const file of added) void this.#upload(file);
    return chosen.length - added.length;
  }

  /** Removes a file from its message, and ends its upload. */
  remove(place: DraftPlace, key: number): void {
    this.#end(key);
    const { files, waiting } = this.of(place);
    this.#set(place, { files: files.filter((file) => file.key !== key), waiting });
  }

  /** Uploads a file again that has failed. */
  retry(key: number): void {
    const file = this.#find(key);
    if (!file || file.failure === null) return;
    const fresh = this.#change(key, { failure: null });
    if (fresh) void this.#upload(fresh);
  }

  /** Takes the uploaded files out of the message that is being written, because it is posted now. */
  take(place: DraftPlace): FileId[] {
    const { files, waiting } = this.of(place);
    this.#set(place, { files: files.filter(({ stored }) => stored === null), waiting });
    return idsOf(files);
  }

  /** Posts the message that is being written as soon as its files are uploaded. */
  sendWhenUploaded(place: DraftPlace, body: string, options: WaitingOptions): void {
    const { files, waiting } = this.of(place);
    this.#lastKey++;
    const message = { key: this.#lastKey, body, options, files };
    this.#set(place, { files: [], waiting: [...waiting, message] });
    this.#postUploaded();
  }

  /**
   * Cancels the sending of a waiting message: its files return to the message that is being written as far as they
   * fit. Returns the message; null if it is no longer waiting.
   */
  cancelSending(place: DraftPlace, key: number): WaitingMessage | null {
    const { files, waiting } = this.of(place);
    const message = waiting.find((one) => one.key === key);
    if (!message) return null;
    const all = [...message.files, ...files];
    for (const file of all.slice(LIMITS.attachmentsPerMessage)) this.#end(file.key);
    this.#set(place, {
      files: all.slice(0, LIMITS.attachmentsPerMessage),
      waiting: waiting.filter((one) => one !== message),
    });
    return message;
  }

  /** Ends all uploads and forgets all files, at the end of the session. */
  endAll(): void {
    for (const key of [...this.#uploads.keys()]) this.#end(key);
    this.#entries.clear();
    this.#notify();
  }

  async #upload({ key, file }: NewFile): Promise<void> {
    const controller = new AbortController();
    this.#uploads.set(key, controller);
    try {
      const stored = await this.#edges.upload(file, {
        signal: controller.signal,
        onProgress: (sent) => this.#change(key, { progress: sent / Math.max(1, file.size) }),
      });
      this.#uploads.delete(key);
      this.#change(key, { stored, progress: 1 });
      this.#postUploaded();
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#uploads.delete(key);
      const failed = this.#change(key, { failure: this.#edges.textOf(error) });
      const isWaiting = this.waiting.some(({ message }) =>
        message.files.some((f) => f.key === key),
      );
      if (failed && isWaiting) this.#edges.failed(failed);
    }
  }

  #end(key: number): void {
    this.#uploads.get(key)?.abort(new Error('Removed'));
    this.#uploads.delete(key);
  }

  #find(key: number): NewFile | undefined {
    for (const { files, waiting } of this.#entries.values()) {
      for (const file of [...files, ...waiting.flatMap((message) => message.files)]) {
        if (file.key === key) return file;
      }
    }
    return undefined;
  }

  /** Changes a file where it is now, and returns it; undefined if it was removed. */
  #change(key: number, changes: Partial<NewFile>): NewFile | undefined {
    const before = this.#find(key);
    if (!before) return undefined;
    const after = { ...before, ...changes };
    const replace = (files: readonly NewFile[]) => files.map((f) => (f === before ? after : f));
    for (const { place, files, waiting } of this.#entries.values()) {
      const owns = [files, ...waiting.map((message) => message.files)].some((one) =>
        one.includes(before),
      );
      if (!owns) continue;
      this.#set(place, {
        files: replace(files),
        waiting: waiting.map((message) => ({ ...message, files: replace(message.files) })),
      });
      break;
    }
    return after;
  }

  #postUploaded(): void {
    for (const { place, message } of this.waiting) {
      const { body, options, files } = message;
      if (files.some(({ stored }) => stored === null)) continue;
      const now = this.of(place);
      this.#set(place, { ...now, waiting: now.waiting.filter(({ key }) => key !== message.key) });
      this.#edges.post(place, body, { ...options, attachments: idsOf(files) });
    }
  }

  #set(place: DraftPlace, { files, waiting }: FilesOfPlace): void {
    const key = draftKey(place);
    if (files.length === 0 && waiting.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, { place, files, waiting });
    this.#notify();
  }

  #notify(): void {
    this.#listeners.notify();
  }
}

const idsOf = (files: readonly NewFile[]): FileId[] =>
  files.flatMap(({ stored }) => (stored ? [stored.id] : []));
