-- The three roles, for grants on a shared server. A server on which the program may create no roles keeps its own.
-- Roles belong to the whole cluster, so another database may have made them already, or be making them now.

do $$
declare
    role_name text;
begin
    if not (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) then
        return;
    end if;
    foreach role_name in array array['registry_owner', 'registry_writer', 'registry_reader'] loop
        begin
            if not exists (select from pg_roles where rolname = role_name) then
                execute format('create role %I nologin', role_name);
            end if;
        exception
            when duplicate_object or unique_violation then
                null;
        end;
    end loop;
    comment on role registry_owner is
        'May read and write all tables of the model registry, and add objects to its schemas; what is there may be altered only by whoever made it, with registry db migrate.';
    comment on role registry_writer is 'May train: read and write the tables of the model registry.';
    comment on role registry_reader is
        'May read the views of schema analysis and call its functions: no tables, no writing, no objects of its own, no temporary tables unless another role allows them.';
end
$$;

-- What every role may do unless it is told otherwise: temporary tables can fill the disk.
do $$
begin
    if has_database_privilege('public', current_database(), 'temporary')
       and (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) then
        execute format('revoke temporary on database %I from public', current_database());
    end if;
end
$$;

do $$
begin
    if exists (select from pg_roles where rolname = 'registry_owner') then
        grant all on schema registry, analysis to registry_owner;
        grant all on all tables in schema registry, analysis to registry_owner;
    end if;
    if exists (select from pg_roles where rolname = 'registry_writer') then
        grant usage on schema registry, analysis to registry_writer;
        grant select, insert, update, delete on all tables in schema registry to registry_writer;
        grant select on all tables in schema analysis to registry_writer;
        revoke insert, update, delete on registry.schema_migration, registry.schema_script from registry_writer;
    end if;
    if exists (select from pg_roles where rolname = 'registry_reader') then
        grant usage on schema analysis to registry_reader;
        grant select on all tables in schema analysis to registry_reader;
    end if;
end
$$;
