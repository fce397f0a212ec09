-- The edits of a message, found when it is deleted: their texts go with it.
create index events_edits on events (stream_id, ((data ->> 'message')::int8))
  where type = 'message.edited';

-- What was deleted before: its text goes too.
update events e set data = '{"body":""}'
from messages m
where m.deleted_at is not null
  and e.stream_id = m.conversation_id and e.seq = m.seq and e.type = 'message.posted';
update events e set data = ('{"message":' || (e.data ->> 'message') || ',"body":""}')::json
from messages m
where m.deleted_at is not null
  and e.stream_id = m.conversation_id and e.type = 'message.edited'
  and (e.data ->> 'message')::int8 = m.seq;
