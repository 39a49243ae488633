-- What state the schema is in: asked by every command before it does anything.

create or replace view analysis.schema_version as
select (select max(version) from registry.schema_migration) as number,
       (select count(*) from registry.schema_migration) as migrations,
       not exists (select from registry.schema_migration where finished_at is null) as is_complete,
       (select max(oldest_program) from registry.schema_migration) as oldest_program,
       (select encode(sha256(convert_to(string_agg(file.name || ' ' || file.checksum, e'\n'
                                                   order by file.name collate "C"), 'UTF8')), 'hex')
          from (select 'migrations/' || name, checksum
                  from registry.schema_migration
                 union all
                select name, checksum
                  from registry.schema_script) as file (name, checksum)) as checksum,
       (select max(applied_at)
          from (select applied_at
                  from registry.schema_migration
                 union all
                select applied_at
                  from registry.schema_script) as file) as migrated_at;
comment on view analysis.schema_version is 'The state of the schema; always one row.';
comment on column analysis.schema_version.number is 'Number of the last migration.';
comment on column analysis.schema_version.migrations is 'Migrations applied; as many as its number says.';
comment on column analysis.schema_version.is_complete is 'Whether all batches of all migrations are done.';
comment on column analysis.schema_version.oldest_program is
    'Programs whose own schema has this number or a later one may work with this database.';
comment on column analysis.schema_version.checksum is 'SHA-256 over the files that were applied, in hexadecimal.';
comment on column analysis.schema_version.migrated_at is 'When the last of them was applied.';


create or replace function analysis.schema_definitions(out object text, out checksum text)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select definition.object,
           encode(sha256(convert_to(definition.text, 'UTF8')), 'hex')
      from (select case relkind when 'v' then 'view ' else 'table ' end || pg_class.oid::regclass,
                   case relkind when 'v' then pg_get_viewdef(pg_class.oid) else relpersistence::text end
              from pg_class
             where relnamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
               and relkind in ('r', 'p', 'v')
             union all
            select format('column %s.%I', attrelid::regclass, attname),
                   concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                             pg_get_expr(adbin, adrelid))
              from pg_attribute
              join pg_class on pg_class.oid = attrelid
              left join pg_attrdef on adrelid = attrelid and adnum = attnum
             where relnamespace = 'registry'::regnamespace
               and relkind in ('r', 'p')
               and attnum > 0
               and not attisdropped
             union all
            -- Newer servers keep "not null" as constraints too; the column says it.
            select format('constraint %I on %s', conname, conrelid::regclass),
                   pg_get_constraintdef(pg_constraint.oid) || convalidated
              from pg_constraint
             where connamespace = 'registry'::regnamespace
               and conrelid <> 0
               and contype <> 'n'
             union all
            select 'index ' || indexrelid::regclass,
                   pg_get_indexdef(indexrelid) || indisvalid
              from pg_index
              join pg_class on pg_class.oid = indrelid
             where relnamespace = 'registry'::regnamespace
             union all
            select 'function ' || pg_proc.oid::regprocedure,
                   pg_get_functiondef(pg_proc.oid)
              from pg_proc
             where pronamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
               and prokind = 'f'
             union all
            select format('trigger %I on %s', tgname, tgrelid::regclass),
                   pg_get_triggerdef(pg_trigger.oid) || tgenabled::text
              from pg_trigger
              join pg_class on pg_class.oid = tgrelid
             where relnamespace = 'registry'::regnamespace
               and not tgisinternal) as definition (object, text)
$$;
comment on function analysis.schema_definitions() is
    'Every table, column, constraint, index, trigger, function and view of the two schemas, with a checksum of its definition.';


create or replace view analysis.schema_object as
select object, checksum, statement_checksum, server_version
  from registry.schema_object;
comment on view analysis.schema_object is 'What the schema consisted of after the last migration.';
comment on column analysis.schema_object.object is 'Kind and name, as in analysis.schema_definitions.';
comment on column analysis.schema_object.checksum is 'SHA-256 of its definition as the server wrote it, in hexadecimal.';
comment on column analysis.schema_object.statement_checksum is 'Of a view, SHA-256 of the statement that created it.';
comment on column analysis.schema_object.server_version is 'Major version of that server.';


create or replace view analysis.schema_difference as
select coalesce(recorded.object, present.object) as object,
       case
           when present.object is null then 'missing'
           when recorded.object is null then 'added'
           else 'changed'
       end as difference
  from registry.schema_object as recorded
  full join analysis.schema_definitions() as present using (object)
 where present.object is null
    or recorded.object is null
    or (recorded.checksum <> present.checksum
        and recorded.server_version = current_setting('server_version_num')::integer / 10000);
comment on view analysis.schema_difference is
    'What others have changed in the schema since the last migration; what a server of another version wrote is compared by name alone.';
comment on column analysis.schema_difference.object is 'Kind and name.';
comment on column analysis.schema_difference.difference is 'missing, changed or added.';


-- The one place that says who may do what; sql/roles.sql makes it so.
create or replace function analysis.schema_privileges(
    out role       text,
    out object     text,
    out privilege  text
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with relation as (
        select oid::regclass::text as name,
               relname,
               relnamespace::regnamespace::text as schema
          from pg_class
         where relnamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
           and relkind in ('r', 'p', 'v')
           -- What others have made there is theirs to grant.
           and relowner = (select relowner
                              from pg_class
                             where relnamespace = 'registry'::regnamespace
                               and relname = 'schema_migration')
    ), needed (verb, tables) as (
        values ('insert', '{split,sample,sample_feature,class_distance,class_feature,dataset,model,run,run_attempt,
                            checkpoint,checkpoint_chunk,epoch_metric,step_loss,layer_metric,test_loss,
                            misclassification,artifact,artifact_chunk,model_version,model_alias,evaluation,retraining,
                            schedule_execution,duplicate_search,near_duplicate}'::text[]),
               ('delete', '{checkpoint,model_alias,schedule_execution,duplicate_search}')
    ), changed (name, columns) as (
        -- What a training is about stays as it was asked for.
        values ('run', '{state,epochs_finished,attempts,fence,available_at,cancel_requested,lease_expires_at,worker,
                         started_at,finished_at,host,processor,threads,program_version,failure}'::text[]),
               ('run_attempt', '{ended_at,outcome,error}'),
               ('model', '{last_version_number}'),
               ('model_alias', '{number}'),
               ('retraining', '{production_number,finished_at,outcome,reason}'),
               ('schedule_execution', '{alive_at,finished_at,exit_status,output}'),
               -- When a schedule is due next. What it executes is its owner's choice: daemons run it.
               ('schedule', '{next_due_at}')
    )
    select 'registry_owner', relation.name, verb
      from relation
     cross join unnest('{select,insert,update,delete}'::text[]) as verb
     -- What the migrations have left is theirs to say.
     where verb = 'select'
        or relation.relname not like 'schema\_%'
     union all
    select 'registry_writer', relation.name, 'select'
      from relation
     union all
    select 'registry_writer', relation.name, needed.verb
      from relation
      join needed on relation.relname = any (needed.tables)
     where relation.schema = 'registry'
     union all
    select 'registry_writer', relation.name, format('update (%s)', changed_column)
      from relation
      join changed on changed.name = relation.relname
     cross join unnest(changed.columns) as changed_column
     where relation.schema = 'registry'
     union all
    select 'registry_reader', relation.name, 'select'
      from relation
     where relation.schema = 'analysis'
     union all
    -- To create nothing: a function that fits a call of the program better would run as whoever uses it.
    values ('registry_owner', 'schema registry', 'usage'),
           ('registry_owner', 'schema analysis', 'usage'),
           ('registry_writer', 'schema registry', 'usage'),
           ('registry_writer', 'schema analysis', 'usage'),
           ('registry_reader', 'schema analysis', 'usage')
$$;
comment on function analysis.schema_privileges() is
    'What the roles registry_owner, registry_writer and registry_reader must be granted on the two schemas, their tables and views: trainers add, and take back only what an interrupted attempt left.';


create or replace view analysis.schema_privilege_difference as
with relation as (
    select pg_class.oid,
           pg_class.oid::regclass::text as name,
           relacl,
           relnamespace::regnamespace::text as schema
      from pg_class
     where relnamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
       and relkind in ('r', 'p', 'v')
       and relowner = (select relowner
                          from pg_class
                         where relnamespace = 'registry'::regnamespace
                           and relname = 'schema_migration')
), grantee as (
    select oid,
           rolname::text as role
      from pg_roles
     where rolname in ('registry_owner', 'registry_writer', 'registry_reader')
), granted as (
    select coalesce(grantee.role, 'public') as role,
           relation.name as object,
           lower(given.privilege_type) as privilege
      from relation
     cross join lateral aclexplode(relation.relacl) as given
      left join grantee on grantee.oid = given.grantee
     -- What everybody may read of the views is their owner's choice.
     where grantee.oid is not null
        or given.grantee = 0 and relation.schema = 'registry'
     union all
    select grantee.role,
           relation.name,
           format('%s (%s)', lower(given.privilege_type), pg_attribute.attname)
      from relation
      join pg_attribute on pg_attribute.attrelid = relation.oid
     cross join lateral aclexplode(pg_attribute.attacl) as given
      join grantee on grantee.oid = given.grantee
     union all
    select coalesce(grantee.role, 'public'),
           'schema ' || nspname,
           lower(given.privilege_type)
      from pg_namespace
     cross join lateral aclexplode(nspacl) as given
      left join grantee on grantee.oid = given.grantee
     where nspname in ('registry', 'analysis')
       and (grantee.oid is not null
            or given.grantee = 0 and (nspname = 'registry' or given.privilege_type = 'CREATE'))
), needed as (
    select needed.role, needed.object, needed.privilege
      from analysis.schema_privileges() as needed
      join grantee on grantee.role = needed.role
)
select coalesce(needed.role, granted.role) as role,
       coalesce(needed.object, granted.object) as object,
       coalesce(needed.privilege, granted.privilege) as privilege,
       needed.role is not null as is_needed
  from needed
  full join granted using (role, object, privilege)
 where needed.role is null
    or granted.role is null;
comment on view analysis.schema_privilege_difference is
    'Privileges that the roles lack, or have and must not have; registry db migrate corrects them.';
comment on column analysis.schema_privilege_difference.role is 'registry_owner, registry_writer, registry_reader or public.';
comment on column analysis.schema_privilege_difference.object is 'The table, view or schema.';
comment on column analysis.schema_privilege_difference.privilege is 'As in grant: select, insert, usage, …, of a column where one is named.';
comment on column analysis.schema_privilege_difference.is_needed is 'Whether the role must have it, and has not.';


create or replace view analysis.schema_health as
select (select count(*) from analysis.schema_difference where difference <> 'added') as changed_objects,
       (select count(*) from analysis.schema_difference where difference = 'added') as foreign_objects,
       (select count(*) from analysis.schema_privilege_difference) as wrong_privileges,
       (select extract(epoch from clock_timestamp() - min(xact_start))::double precision
          from pg_stat_activity
         where datname = current_database()
           and pid <> pg_backend_pid()) as oldest_transaction_seconds,
       (select coalesce(sum(n_live_tup), 0)::bigint from pg_stat_user_tables where schemaname = 'registry') as live_rows,
       (select coalesce(sum(n_dead_tup), 0)::bigint from pg_stat_user_tables where schemaname = 'registry') as dead_rows,
       pg_notification_queue_usage() as notification_queue_usage;
comment on view analysis.schema_health is 'What registry doctor looks at; always one row.';
comment on column analysis.schema_health.changed_objects is 'Objects of the schema that are missing or changed: see analysis.schema_difference.';
comment on column analysis.schema_health.foreign_objects is 'Objects that others have added to the two schemas.';
comment on column analysis.schema_health.wrong_privileges is 'Privileges that the roles lack, or have and must not have.';
comment on column analysis.schema_health.oldest_transaction_seconds is
    'Age of the oldest transaction in this database, which keeps dead rows from being cleaned; null when there is none, and of other users'' where pg_read_all_stats is not granted.';
comment on column analysis.schema_health.live_rows is 'Rows of all tables, as the server estimates them.';
comment on column analysis.schema_health.dead_rows is 'Rows that were deleted or replaced and are not cleaned yet, as the server estimates them.';
comment on column analysis.schema_health.notification_queue_usage is
    'Share of the server''s queue of notifications that is in use, 0…1: it is full when a session listens and never reads.';
