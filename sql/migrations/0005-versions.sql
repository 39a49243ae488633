-- Weights, the versions of models, and the names that stand for them.

create table registry.artifact (
    sha256      text        not null,
    size        bigint      not null,
    media_type  text        not null,
    stored_at   timestamptz not null default now(),
    constraint artifact_pkey primary key (sha256),
    constraint artifact_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint artifact_size_check check (size >= 0)
);
comment on table registry.artifact is 'A file kept in the database, named by its content. Never updated.';
comment on column registry.artifact.sha256 is 'SHA-256 of the content, in hexadecimal.';
comment on column registry.artifact.size is 'Length of the content, in bytes.';
comment on column registry.artifact.media_type is 'What the content is, e.g. application/x-safetensors.';
comment on column registry.artifact.stored_at is 'When the content was stored.';

create table registry.artifact_chunk (
    sha256  text    not null,
    index   integer not null,
    bytes   bytea   not null,
    constraint artifact_chunk_pkey primary key (sha256, index),
    constraint artifact_chunk_sha256_fkey foreign key (sha256) references registry.artifact on delete cascade,
    constraint artifact_chunk_index_check check (index >= 0)
);
alter table registry.artifact_chunk alter column bytes set storage external;
comment on table registry.artifact_chunk is
    'The content of an artifact, cut into pieces of at most 8 MiB. Never updated, and deleted only with its artifact.';
comment on column registry.artifact_chunk.sha256 is 'The artifact.';
comment on column registry.artifact_chunk.index is 'Position of the piece, from 0.';
comment on column registry.artifact_chunk.bytes is 'The piece.';

create trigger artifact_change_check
    before update on registry.artifact
    for each row
    when (old.* is distinct from new.*)
    execute function registry.refuse_change('artifact_change_check');
comment on trigger artifact_change_check on registry.artifact is 'It is named by its content.';

create trigger artifact_chunk_change_check
    before update on registry.artifact_chunk
    for each row
    when (old.* is distinct from new.*)
    execute function registry.refuse_change('artifact_chunk_change_check');
comment on trigger artifact_chunk_change_check on registry.artifact_chunk is 'An artifact is named by its content.';

create function registry.check_artifact_chunks() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    artifact record;
begin
    select known.sha256, known.size
      into artifact
      from registry.artifact as known
     where known.sha256 in (select sha256 from added)
       and known.size < (select sum(octet_length(chunk.bytes))
                           from registry.artifact_chunk as chunk
                          where chunk.sha256 = known.sha256)
     limit 1;
    if found then
        raise exception 'artifact %: its pieces have more than % bytes', artifact.sha256, artifact.size
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'artifact_chunk',
                    constraint = 'artifact_chunk_size_check';
    end if;
    return null;
end
$$;
comment on function registry.check_artifact_chunks() is
    'Refuses pieces beyond the size of their artifact: one that is whole stays what its name says.';

create trigger artifact_chunk_size_check
    after insert on registry.artifact_chunk
    referencing new table as added
    for each statement execute function registry.check_artifact_chunks();
comment on trigger artifact_chunk_size_check on registry.artifact_chunk is
    'The pieces of an artifact have no more bytes than it.';


create table registry.model_version (
    model_id        bigint      not null,
    number          integer     not null,
    run_id          bigint      not null,
    epoch           integer     not null,
    weights_sha256  text,
    registered_at   timestamptz not null default now(),
    constraint model_version_pkey primary key (model_id, number),
    constraint model_version_run_id_epoch_key unique (run_id, epoch),
    constraint model_version_model_id_fkey foreign key (model_id) references registry.model,
    constraint model_version_run_id_epoch_fkey foreign key (run_id, epoch) references registry.epoch_metric,
    constraint model_version_weights_sha256_fkey foreign key (weights_sha256) references registry.artifact,
    constraint model_version_number_check check (number > 0)
);
create index model_version_weights_sha256_index on registry.model_version (weights_sha256);
create index model_version_registered_at_index on registry.model_version (registered_at);
comment on table registry.model_version is
    'A network that can be used: weights, and the run and epoch they come from; or predictions that were imported, without weights. Only registered_at may be updated.';
comment on column registry.model_version.model_id is 'The model.';
comment on column registry.model_version.number is 'Counts the versions of the model, from 1, without gaps.';
comment on column registry.model_version.run_id is 'The run that trained it, or the import.';
comment on column registry.model_version.epoch is 'The epoch of that run whose weights these are.';
comment on column registry.model_version.weights_sha256 is 'The weights, in safetensors form; null exactly where the run has a producer.';
comment on column registry.model_version.registered_at is 'When the version was registered.';

create trigger model_version_change_check
    before update of model_id, number, run_id, epoch, weights_sha256 on registry.model_version
    for each row
    when (row(old.model_id, old.number, old.run_id, old.epoch, old.weights_sha256)
          is distinct from row(new.model_id, new.number, new.run_id, new.epoch, new.weights_sha256))
    execute function registry.refuse_change('model_version_change_check');
comment on trigger model_version_change_check on registry.model_version is 'What it misses has been counted.';

create function registry.check_model_version() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.weights_sha256 is null) <> (select producer is not null
                                          from registry.run
                                         where run_id = new.run_id) then
        raise exception 'model %, version %: weights are known exactly where the run has no producer', new.model_id, new.number
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'model_version',
                    constraint = 'model_version_weights_sha256_check';
    end if;
    return new;
end
$$;
comment on function registry.check_model_version() is
    'Refuses a version of a training without weights, and weights of imported predictions.';

create trigger model_version_weights_sha256_check
    before insert on registry.model_version
    for each row execute function registry.check_model_version();
comment on trigger model_version_weights_sha256_check on registry.model_version is
    'weights_sha256 is null exactly where the run has a producer.';


create table registry.model_alias (
    model_id  bigint      not null,
    alias     text        not null,
    number    integer     not null,
    constraint model_alias_pkey primary key (model_id, alias),
    constraint model_alias_model_id_number_fkey
        foreign key (model_id, number) references registry.model_version,
    constraint model_alias_alias_check
        check (alias ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$' and alias !~* '^(v[0-9.]*|latest|newest)$')
);
create index model_alias_model_id_number_index on registry.model_alias (model_id, number);
comment on table registry.model_alias is
    'A name for one version of a model that can be moved, e.g. production. Who moved it, and when, is in registry.model_alias_history.';
comment on column registry.model_alias.model_id is 'The model.';
comment on column registry.model_alias.alias is 'The name, written mlp@production on the command line.';
comment on column registry.model_alias.number is 'The version it stands for.';

create table registry.model_alias_history (
    model_id  bigint      not null,
    alias     text        not null,
    set_at    timestamptz not null default clock_timestamp(),
    number    integer,
    set_by    text        not null,
    constraint model_alias_history_pkey primary key (model_id, alias, set_at),
    constraint model_alias_history_model_id_fkey foreign key (model_id) references registry.model
);
comment on table registry.model_alias_history is 'Every move of an alias. Written by a trigger alone; never updated.';
comment on column registry.model_alias_history.model_id is 'The model.';
comment on column registry.model_alias_history.alias is 'The alias.';
comment on column registry.model_alias_history.set_at is 'When it was moved.';
comment on column registry.model_alias_history.number is 'The version it was given to; null when it was removed.';
comment on column registry.model_alias_history.set_by is 'The role that had logged in, whatever role it had taken on.';

create trigger model_alias_history_change_check
    before update or delete on registry.model_alias_history
    for each row execute function registry.refuse_change('model_alias_history_change_check');
comment on trigger model_alias_history_change_check on registry.model_alias_history is 'History stays as it was written.';

create trigger model_alias_history_trigger_check
    before insert on registry.model_alias_history
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('model_alias_history_trigger_check');
comment on trigger model_alias_history_trigger_check on registry.model_alias_history is
    'Written by the trigger of registry.model_alias alone.';

create function registry.keep_model_alias_history() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        insert into registry.model_alias_history (model_id, alias, number, set_by)
        values (old.model_id, old.alias, null, session_user);
    else
        insert into registry.model_alias_history (model_id, alias, number, set_by)
        values (new.model_id, new.alias, new.number, session_user);
    end if;
    return null;
end
$$;
comment on function registry.keep_model_alias_history() is 'Writes every move of an alias to its history.';

create trigger model_alias_keep_history
    after insert or update or delete on registry.model_alias
    for each row execute function registry.keep_model_alias_history();
comment on trigger model_alias_keep_history on registry.model_alias is 'Keeps registry.model_alias_history.';
