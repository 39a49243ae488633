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
    comment on role registry_owner is 'May change the schema of the model registry.';
    comment on role registry_writer is 'May train: read and write the tables of the model registry.';
    comment on role registry_reader is 'May read the views of schema analysis, and nothing else.';
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
