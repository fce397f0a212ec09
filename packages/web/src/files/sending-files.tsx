import type { FileId } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { namesOfSent } from './sent-names.ts';

/** Shows the names of the files of a message that is not stored yet. */
export function SendingFiles({ ids }: { ids: readonly FileId[] }) {
  const names = namesOfSent(ids);
  if (names === null) return <p className="text-muted">{t('files.sending')}</p>;
  return (
    <ul aria-label={t('files.ofMessage')} className="text-muted">
      {ids.map((id, n) => (
        <li key={id} className="truncate">
          <bdi>{names[n]}</bdi>
        </li>
      ))}
    </ul>
  );
}
