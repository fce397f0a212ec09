-- An id names one command, also when two commands in different streams carry it at the same moment
-- and one of them has nothing to change. Such a command holds its place in the index of the ids of
-- events until it commits; the statement that inserts events waits there, and then looks again.
-- Volatile and not inlined, so that the query sees what was committed while the insert waited.
create function reject_ids_of_unchanged_commands(actors uuid[], clients uuid[]) returns boolean
language plpgsql volatile as $$
begin
  if exists (
    select from unnest(actors, clients) as i (actor_id, client_id)
    join unchanged_commands u on u.actor_id = i.actor_id and u.client_id = i.client_id
  ) then
    raise unique_violation using message = 'the id of a command was used by another one';
  end if;
  return false;
end $$;
