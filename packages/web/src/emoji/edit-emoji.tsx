import { type CustomEmoji, type FileId, LIMITS } from '@parley/protocol';
import { useEffect, useId, useRef, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm, WrongField } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { useCommandIds } from '../session/use-command-ids.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { SquareImage } from '../ui/square-image.tsx';
import { toast } from '../ui/toast.ts';
import { nameOfFile } from './name-of-file.ts';

const TYPES = 'image/png,image/jpeg,image/gif,image/webp,image/avif';

/** Returns the names of a field: with or without colons, separated by spaces or commas. */
const namesIn = (text: string): string[] => text.split(/[\s,:]+/).filter((name) => name !== '');

/** The dialog that adds a custom emoji, or renames this one. */
export function EditEmoji({ emoji, onClose }: { emoji: CustomEmoji | null; onClose: () => void }) {
  const client = useClient();
  const [file, setFile] = useState<File | null>(null);
  // The file is uploaded once, even if the name has to be corrected afterwards.
  const uploaded = useRef<{ readonly file: File; readonly id: FileId } | null>(null);
  const [name, setName] = useState(emoji?.name ?? '');
  const idOf = useCommandIds();
  const form = useForm(['name', 'aliases', 'file'], async (values) => {
    const aliases = namesIn(values.aliases);
    const body = { name: namesIn(name).join(''), aliases };
    if (emoji) await client.api.emoji.update(emoji.id, body);
    else {
      if (!file) throw new WrongField('file', t('emoji.imageMissing'));
      if (uploaded.current?.file !== file) {
        const { id } = await client.api.upload(file, { name: file.name });
        uploaded.current = { file, id };
      }
      const { id } = uploaded.current;
      await client.api.emoji.add({ ...body, file: id }, idOf(JSON.stringify([body, id])));
    }
    toast.success(t(emoji ? 'common.changesSaved' : 'emoji.added'));
    onClose();
  });
  const choose = (chosen: File) => {
    if (chosen.size > LIMITS.emojiFileBytes) {
      toast.error(t('emoji.tooLarge'));
      return;
    }
    setFile(chosen);
    setName((now) => now || nameOfFile(chosen.name));
  };
  return (
    <Dialog open onClose={onClose} title={t(emoji ? 'emoji.edit' : 'emoji.add')}>
      <form {...form.props} className="flex flex-col gap-4 pt-2">
        <Problem text={form.problem} />
        {emoji ? (
          <span className="relative size-16 self-center *:rounded-none">
            {emoji.image && <SquareImage image={emoji.image} size={64} />}
          </span>
        ) : (
          <ImageChoice file={file} onChoose={choose} error={form.errors.file} />
        )}
        <Field
          name="name"
          label={t('emoji.name')}
          hint={t('emoji.nameHint')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={LIMITS.emojiNameMax + 2}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          error={form.errors.name}
        />
        <Field
          name="aliases"
          label={t('emoji.aliases')}
          hint={t('emoji.aliasesHint')}
          defaultValue={emoji?.aliases.join(' ')}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          error={form.errors.aliases}
        />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t(emoji ? 'common.saveChanges' : 'emoji.add')}
        </Button>
      </form>
    </Dialog>
  );
}

/** Chooses an image from the device, and previews it on a light and a dark background. */
function ImageChoice({
  file,
  onChoose,
  error,
}: {
  file: File | null;
  onChoose: (file: File) => void;
  error: string | undefined;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const objectUrl = URL.createObjectURL(file);
    setUrl(objectUrl);
    return () => URL.revokeObjectURL(objectUrl);
  }, [file]);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      {url !== null && file !== null && (
        <span className="flex gap-2" aria-hidden="true">
          {['bg-always-light', 'bg-always-dark'].map((background) => (
            <span
              key={background}
              className={`flex size-14 items-center justify-center rounded-lg border border-line ${background}`}
            >
              <img src={url} alt="" className="size-9 object-contain" />
            </span>
          ))}
        </span>
      )}
      <div className="min-w-0">
        <Button name="file" aria-describedby={`${id}-note`} onClick={() => input.current?.click()}>
          {t(file ? 'emoji.changeImage' : 'emoji.chooseImage')}
        </Button>
        <p
          id={`${id}-note`}
          className={cx('mt-1.5 text-note', error ? 'text-danger' : 'text-muted')}
        >
          {error ?? t('emoji.imageHint')}
        </p>
      </div>
      {/* After the button, which gets the focus of the field: this one is hidden. */}
      <input
        ref={input}
        type="file"
        name="file"
        accept={TYPES}
        hidden
        aria-label={t('emoji.image')}
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen) onChoose(chosen);
          event.target.value = '';
        }}
      />
    </div>
  );
}
