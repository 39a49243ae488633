-- The three roles, for grants on a shared server, and what they may do. Applied by every registry db migrate, since a
-- restored database lacks all grants, and roles may be made later. Nothing is assumed that managed servers do not give: a
-- server on which the program may create no roles keeps its own, or has none.
-- Roles belong to the whole cluster, so another database may have made them already, or be making them now.

do $$
declare
    role_name text;
    description text;
begin
    if not (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) then
        return;
    end if;
    for role_name, description in
        values ('registry_owner',
                'May read and write all tables of the model registry. Objects may be added and altered only by whoever made the schema, with registry db migrate.'),
               ('registry_writer',
                'May train: read the tables of the model registry, add rows, and take back what an interrupted attempt left.'),
               ('registry_reader',
                'May read the views of schema analysis and call its functions: no tables, no weights, no writing to the registry. Like every role it may use NOTIFY and, before PostgreSQL 14 or where a grant allows it, more; limits such as statement_timeout and temp_file_limit are set on the roles that log in.')
    loop
        begin
            if not exists (select from pg_roles where rolname = role_name) then
                execute format('create role %I nologin', role_name);
                -- Only of a role of one's own: from PostgreSQL 16 on, no other may be described.
                execute format('comment on role %I is %L', role_name, description);
            end if;
        exception
            when duplicate_object or unique_violation then
                null;
        end;
    end loop;
end
$$;

-- By state, not by text: only what differs is granted or revoked.
do $$
declare
    difference record;
begin
    for difference in
        select role, object, privilege, is_needed
          from analysis.schema_privilege_difference
         order by object, role
    loop
        if difference.is_needed then
            execute format('grant %s on %s to %I', difference.privilege, difference.object, difference.role);
        else
            execute format('revoke %s on %s from %I', difference.privilege, difference.object, difference.role);
        end if;
    end loop;
end
$$;
