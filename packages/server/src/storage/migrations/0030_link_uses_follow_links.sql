-- A repair removes a link that no event has created, with its uses.
alter table group_link_uses drop constraint group_link_uses_link_id_fkey;
alter table group_link_uses add constraint group_link_uses_link_id_fkey
  foreign key (link_id) references group_links (id) on delete cascade;
