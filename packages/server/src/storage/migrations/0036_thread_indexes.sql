-- What the pages and counts of conversations read: nothing but the messages that they show, however many replies
-- there are in threads between them.
create index messages_in_conversation on messages (conversation_id, seq)
  where thread is null or also_in_conversation;

-- The first event that mentioned an account in a thread.
create index mentions_in_threads_by_event on mentions (account_id, conversation_id, thread, seq)
  where thread is not null;

-- Accounts that an edited message mentions keep the event that first mentioned them, and follow the threads of
-- edited roots. Earlier versions had the last edit there, and no thread.
update mentions n
set seq = first.seq,
  thread = coalesce(n.thread, case when exists (
    select from messages t where t.conversation_id = n.conversation_id and t.thread = n.message_seq
  ) then n.message_seq end)
from (
  select m.account_id, m.conversation_id, m.message_seq, min(e.seq) as seq
  from mentions m
  join events e on e.stream_id = m.conversation_id
    and (e.seq = m.message_seq or e.type = 'message.edited' and e.seq > m.message_seq
      and (e.data ->> 'message')::int8 = m.message_seq)
  where m.seq <> m.message_seq
    and e.data::jsonb -> 'mentions' @> jsonb_build_array(jsonb_build_object('kind', 'user', 'id', m.account_id))
    and not exists (
      select from events later
      where later.stream_id = m.conversation_id and later.type = 'message.edited' and later.seq > e.seq
        and later.seq <= m.seq and (later.data ->> 'message')::int8 = m.message_seq
        and not coalesce(later.data::jsonb -> 'mentions', '[]')
          @> jsonb_build_array(jsonb_build_object('kind', 'user', 'id', m.account_id)))
  group by 1, 2, 3
) first
where n.account_id = first.account_id and n.conversation_id = first.conversation_id
  and n.message_seq = first.message_seq;
