import { ApiError } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Banner } from '../ui/banner.tsx';
import { Button } from '../ui/button.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { toast } from '../ui/toast.ts';

/**
 * Shows the group of a link, and joins it. The token is in the fragment of the URL, which browsers
 * do not send. Visitors who are not logged in return here after login or registration, and join at
 * once.
 */
export function JoinPage() {
  const client = useClient();
  const navigate = useNavigate();
  const { hash: token, state } = useLocation();
  const group = useQuery({
    queryKey: keys.linkedGroup(token),
    queryFn: ({ signal }) => client.api.admission.linkedGroup(token, { signal }),
  });
  const [busy, setBusy] = useState(false);
  usePageTitle(group.data?.name ?? t('joinPage.title'));
  const join = async () => {
    setBusy(true);
    try {
      const { id } = await client.api.admission.joinByLink(token);
      await navigate({ to: '/c/$id', params: { id }, replace: true });
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  const hasExpired = group.error instanceof ApiError && group.error.code === 'link_expired';
  const joinsAtOnce = group.data !== undefined && state.hasJustLoggedIn === true;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the group is known
  useEffect(() => {
    if (joinsAtOnce) void join();
  }, [joinsAtOnce]);
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 overflow-y-auto p-6 text-center">
      {group.data && (
        <>
          <p className="text-muted">{t('joinPage.invited')}</p>
          <h1 className="wrap-anywhere max-w-full font-semibold text-xl">
            <bdi>{group.data.name}</bdi>
          </h1>
          <p className="text-muted text-sm">
            {t('common.members', { count: group.data.memberCount })}
          </p>
          {group.data.topic !== '' && (
            <p dir="auto" className="max-w-md break-words">
              {group.data.topic}
            </p>
          )}
          {group.data.description !== '' && (
            <p dir="auto" className="max-w-md whitespace-pre-wrap break-words text-soft">
              {group.data.description}
            </p>
          )}
          <Button look="primary" busy={busy} className="min-h-11" onClick={() => void join()}>
            {group.data.isMember ? t('joinPage.open') : t('joinPage.join')}
          </Button>
        </>
      )}
      {group.error !== null && (
        <>
          <h1 className="font-semibold text-xl">{t('joinPage.title')}</h1>
          <p className="max-w-md text-danger">{errorMessage(group.error)}</p>
          {/* Another link is no help to those who may use none, such as banned users and guests. */}
          {hasExpired && <p className="max-w-md text-muted">{t('joinPage.ask')}</p>}
        </>
      )}
      {group.data === undefined &&
        group.error === null &&
        (group.fetchStatus === 'paused' ? (
          <Banner>{t('common.loadsWhenOnline')}</Banner>
        ) : (
          <Spinner size={22} className="text-muted" />
        ))}
    </div>
  );
}
