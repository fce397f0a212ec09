import { NOTIFICATION_DEFAULTS } from '@parley/protocol';
import { currentSettings } from './current-settings.ts';

/** The time between two emails to an account, in minutes: at most four in an hour. */
const APART_MINUTES = 15;
/**
 * A digest due later than this, in minutes, is not written again: the deciding transaction ends
 * long before the digest is processed. Otherwise its row is locked, so that processing it does not
 * miss concurrent decisions.
 */
const SURE_MINUTES = 2;

/**
 * SQL: schedules the digest of each account with decisions in `stored`, made `at`, after the delay
 * it chose: it is then checked whether the messages are still unread. For accounts that already
 * have one scheduled, only their row is read.
 */
export const scheduleDigests = (stored: string, at: string): string => `
  insert into notification_digests as g (account_id, since, due_at)
  select f.account_id, ${at}, now() + make_interval(mins => coalesce(
    (${currentSettings('f.account_id', 'v.conversation_id is null')} ->> 'emailDelayMinutes')::int,
    ${NOTIFICATION_DEFAULTS.emailDelayMinutes}))
  from (select distinct account_id from ${stored} where email = 'unread') f
  where not exists (
    select from notification_digests g
    where g.account_id = f.account_id and g.due_at > now() + interval '${SURE_MINUTES} minutes')
  order by f.account_id
  on conflict (account_id) do update
  set since = case when g.due_at is null then excluded.since else g.since end,
    due_at = coalesce(g.due_at,
      greatest(excluded.due_at, g.emailed_at + interval '${APART_MINUTES} minutes'))`;
