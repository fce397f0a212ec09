-- The emoji of a message keep their places while accounts join and leave them: since the event from which on
-- the message has had the emoji without interruption. Null in rows that an older node stores during an upgrade.
alter table reactions add column first_seq bigint;

update reactions r set first_seq = f.first_seq
from (
  select stream_id, message, emoji, max(seq) filter (where step = 1 and accounts = 1) as first_seq
  from (
    select stream_id, (data->>'message')::bigint as message, data->>'emoji' as emoji, seq, step,
      sum(step) over (partition by stream_id, data->>'message', data->>'emoji' order by seq) as accounts
    from (
      select stream_id, data, seq, case type when 'reaction.added' then 1 else -1 end as step
      from events where type in ('reaction.added', 'reaction.removed')
    ) steps
  ) counted
  group by stream_id, message, emoji
) f
where f.stream_id = r.conversation_id and f.message = r.message_seq and f.emoji = r.emoji;
