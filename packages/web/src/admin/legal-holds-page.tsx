import { isolate, type LegalHold } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, Plus, Scale } from 'lucide-react';
import { useState } from 'react';
import { useReauthentication } from '../auth/reauthenticate.tsx';
import { saveFile } from '../lib/save-file.ts';
import { dateOf, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { toast } from '../ui/toast.ts';
import { handleOf } from '../users/handle.tsx';
import { LegalHoldForm } from './legal-hold-form.tsx';

/** Lists, places, exports and releases legal holds. */
export function LegalHoldsPage() {
  const { legalHolds } = useClient().api;
  const refresh = useRefresh();
  const page = useInfiniteQuery(
    pagesQuery(
      keys.legalHolds(),
      (after: string | undefined, options) =>
        legalHolds.list(after === undefined ? {} : { after }, options),
      ({ id }) => id,
    ),
  );
  const { run, dialog } = useReauthentication();
  const [isPlacing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<LegalHold | null>(null);
  const download = (hold: LegalHold) =>
    run(async () => {
      const text = await legalHolds.exportMessages(hold.id);
      saveFile(`legal-hold-${hold.id}.jsonl`, text, 'application/jsonl');
    });
  const release = (hold: LegalHold) =>
    run(async () => {
      await legalHolds.release(hold.id);
      toast.success(t('legalHolds.released'));
      await refresh(keys.legalHolds());
    });
  return (
    <>
      <PartTitle
        title={t('legalHolds.title')}
        description={t('legalHolds.intro')}
        actions={
          <Button look="primary" onClick={() => setPlacing(true)}>
            <Plus size={16} /> {t('legalHolds.place')}
          </Button>
        }
      />
      <Loading of={page} />
      {page.data?.items.length === 0 && (
        <Empty icon={<Scale size={22} />} title={t('legalHolds.none')} />
      )}
      {page.data && page.data.items.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {page.data.items.map((hold) => (
            <Row
              key={hold.id}
              hold={hold}
              onDownload={() => void download(hold)}
              onRelease={() => setReleasing(hold)}
            />
          ))}
        </ul>
      )}
      <ShowMore of={page}>{t('common.showMore')}</ShowMore>
      <Dialog
        open={isPlacing}
        onClose={() => setPlacing(false)}
        title={t('legalHolds.place')}
        description={t('legalHolds.placeIntro')}
      >
        <LegalHoldForm
          onPlaced={() => {
            setPlacing(false);
            void refresh(keys.legalHolds());
          }}
        />
      </Dialog>
      <Confirm
        open={releasing !== null}
        title={t('legalHolds.releaseQuestion', { name: isolate(releasing?.name ?? '') })}
        description={t('legalHolds.releaseIntro')}
        action={t('legalHolds.release')}
        onCancel={() => setReleasing(null)}
        onConfirm={() => {
          if (releasing) void release(releasing);
          setReleasing(null);
        }}
      />
      {dialog}
    </>
  );
}

function Row({
  hold,
  onDownload,
  onRelease,
}: {
  hold: LegalHold;
  onDownload: () => void;
  onRelease: () => void;
}) {
  const isInForce = hold.releasedAt === null;
  const covered = [
    ...hold.accounts.map(({ username }) => handleOf(username)),
    ...hold.conversations.map(({ name }) => name ?? t('legalHolds.directConversation')),
  ];
  const period = [
    hold.since && t('legalHolds.from', { date: dateOf(hold.since) }),
    hold.until && t('legalHolds.until', { date: dateOf(hold.until) }),
  ].filter((text) => text !== null);
  return (
    <li
      aria-label={hold.name}
      className="flex flex-wrap items-center gap-3 border-line border-t px-4 py-3 first:border-t-0"
    >
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2">
          <bdi className="min-w-0 truncate font-medium">{hold.name}</bdi>
          <Badge tone={isInForce ? 'ok' : 'plain'}>
            {t(isInForce ? 'legalHolds.inForce' : 'legalHolds.isReleased')}
          </Badge>
        </p>
        <p className="break-words text-note text-muted">{[...covered, ...period].join(' · ')}</p>
        {hold.reason !== '' && <p className="break-words text-note text-muted">{hold.reason}</p>}
        <p className="text-note text-muted">
          <span title={fullTime(hold.createdAt)}>
            {t('legalHolds.placedOn', { date: dateOf(hold.createdAt) })}
          </span>{' '}
          · {t('legalHolds.held', { count: hold.heldVersions })}
        </p>
      </div>
      {isInForce && (
        <div className="flex flex-wrap gap-2">
          <Button onClick={onDownload}>
            <Download size={16} /> {t('legalHolds.download')}
          </Button>
          <Button onClick={onRelease}>{t('legalHolds.release')}</Button>
        </div>
      )}
    </li>
  );
}
