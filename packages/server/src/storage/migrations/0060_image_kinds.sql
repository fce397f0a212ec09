-- What an image was made for: those of each kind have an hourly limit of their own.
alter table images add column kind text not null default 'avatar' check (kind in ('avatar', 'emoji'));
update images set kind = 'emoji' where id in (select image from emoji);
