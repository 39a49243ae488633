-- The two schemas, and what of sql/ a database has seen.

create schema registry;
comment on schema registry is
    'Tables of the model registry. Written by the program; analysts read the views of schema analysis.';

create schema analysis;
comment on schema analysis is
    'Views for analysts: every figure that the program prints comes from here.';


create table registry.schema_migration (
    version         integer     not null,
    name            text        not null,
    checksum        text        not null,
    oldest_program  integer     not null,
    applied_at      timestamptz not null default now(),
    finished_at     timestamptz,
    constraint schema_migration_pkey primary key (version),
    constraint schema_migration_version_check check (version > 0),
    constraint schema_migration_oldest_program_check check (oldest_program between 1 and version),
    constraint schema_migration_checksum_check check (checksum ~ '^[0-9a-f]{64}$')
);
comment on table registry.schema_migration is 'The numbered migrations that this database has seen.';
comment on column registry.schema_migration.version is 'Number of the migration.';
comment on column registry.schema_migration.name is 'Its file, sql/migrations/NAME.sql.';
comment on column registry.schema_migration.checksum is 'SHA-256 of the file, in hexadecimal.';
comment on column registry.schema_migration.oldest_program is
    'Programs whose own schema has this number or a later one work with what the migration makes.';
comment on column registry.schema_migration.applied_at is 'When its definitions were applied.';
comment on column registry.schema_migration.finished_at is 'When the last of its batches was done; null before.';

create table registry.schema_script (
    name        text        not null,
    checksum    text        not null,
    applied_at  timestamptz not null default now(),
    constraint schema_script_pkey primary key (name),
    constraint schema_script_checksum_check check (checksum ~ '^[0-9a-f]{64}$')
);
comment on table registry.schema_script is
    'The functions, views and roles, which are applied again when their file has changed.';
comment on column registry.schema_script.name is 'The file, sql/NAME.sql.';
comment on column registry.schema_script.checksum is 'SHA-256 of the file, in hexadecimal.';
comment on column registry.schema_script.applied_at is 'When it was applied last.';

create table registry.schema_object (
    object              text     not null,
    checksum            text     not null,
    statement_checksum  text,
    server_version      integer  not null,
    constraint schema_object_pkey primary key (object)
);
comment on table registry.schema_object is
    'What the schema consisted of after the last migration: whatever is there beside it was made by others, and whatever differs was changed by others.';
comment on column registry.schema_object.object is 'Kind and name, as in analysis.schema_definitions.';
comment on column registry.schema_object.checksum is 'SHA-256 of its definition as the server writes it, in hexadecimal.';
comment on column registry.schema_object.statement_checksum is
    'Of a view, SHA-256 of the statement that created it: it is created again only when that has changed.';
comment on column registry.schema_object.server_version is
    'Major version of that server. Another version may write the same definition in another way.';


-- For triggers on what never changes; their argument is the constraint's name.
create function registry.refuse_change() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'registry.%: % is not allowed', tg_table_name, lower(tg_op)
          using errcode = 'check_violation',
                schema = tg_table_schema,
                table = tg_table_name,
                constraint = tg_argv[0];
end
$$;
comment on function registry.refuse_change() is
    'Refuses a statement that would change what must stay as it was stored. The trigger''s argument names the constraint.';
