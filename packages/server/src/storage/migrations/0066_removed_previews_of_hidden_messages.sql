-- The links of a hidden message whose previews were removed. They get none when the message is shown again.
alter table hidden_messages add column removed_previews text[] not null default '{}';
