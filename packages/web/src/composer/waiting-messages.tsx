import { RotateCw, X } from 'lucide-react';
import { Excerpt } from '../emoji/excerpt.tsx';
import type { WaitingMessage } from '../files/unsent-files.ts';
import type { NewFiles } from '../files/use-new-files.ts';
import { listOf } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';

/** The length of the shown part of a text, in characters. */
const EXCERPT = 140;

/** Shows the messages of a conversation or thread that are posted once their files are uploaded. */
export function WaitingMessages({
  files,
  onEdit,
}: {
  files: NewFiles;
  /** Called with a message whose sending was canceled, to edit it. */
  onEdit: (message: WaitingMessage) => void;
}) {
  return (
    <ul aria-label={t('files.waiting')} className="mb-1.5 space-y-1.5">
      {files.waiting.map((message) => (
        <Waiting
          key={message.key}
          message={message}
          onRetry={(key) => files.retry(key)}
          onCancel={() => {
            const canceled = files.cancelSending(message.key);
            if (canceled) onEdit(canceled);
          }}
        />
      ))}
    </ul>
  );
}

function Waiting({
  message: { body, files },
  onRetry,
  onCancel,
}: {
  message: WaitingMessage;
  onRetry: (key: number) => void;
  onCancel: () => void;
}) {
  const failed = files.filter(({ failure }) => failure !== null);
  const uploaded = uploadedPart(files);
  const names = listOf(files.map(({ file }) => file.name));
  return (
    <li className="relative flex items-center gap-1 overflow-hidden rounded-lg border border-line bg-raised ps-3">
      <span className="min-w-0 flex-1 py-1.5">
        {body !== '' && (
          <bdi className="block truncate text-note">
            <Excerpt text={body} characters={EXCERPT} />
          </bdi>
        )}
        <bdi className="block truncate text-caption text-muted">{names}</bdi>
        {failed.length === 0 ? (
          <span className="block text-caption text-muted">
            {t('files.sendsWhenUploaded', { percent: Math.floor(uploaded * 100) })}
          </span>
        ) : (
          <span role="alert" className="block text-caption text-danger">
            {failed[0]?.failure}
          </span>
        )}
      </span>
      {failed.length > 0 && (
        <IconButton
          label={t('files.retry', { name: listOf(failed.map(({ file }) => file.name)) })}
          className="size-9"
          onClick={() => {
            for (const { key } of failed) onRetry(key);
          }}
        >
          <RotateCw size={15} />
        </IconButton>
      )}
      <IconButton label={t('files.cancelSending')} className="size-9" onClick={onCancel}>
        <X size={16} />
      </IconButton>
      {failed.length === 0 && (
        <progress
          aria-label={t('files.progress', { name: names })}
          value={uploaded}
          className="absolute inset-x-0 bottom-0 h-0.5 w-full appearance-none [&::-webkit-progress-bar]:bg-transparent [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent"
        />
      )}
    </li>
  );
}

/** Returns the uploaded part of all files, from 0 to 1. */
function uploadedPart(files: WaitingMessage['files']): number {
  let sent = 0;
  let total = 0;
  for (const { file, progress } of files) {
    sent += file.size * progress;
    total += file.size;
  }
  return sent / Math.max(1, total);
}
