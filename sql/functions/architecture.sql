create or replace function registry.architecture_of(configuration jsonb) returns integer
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    definition jsonb := coalesce(configuration -> 'architecture', 'null');
    digest bytea;
    known integer;
begin
    if jsonb_typeof(definition) = 'object' then
        definition := definition - 'name';
    end if;
    digest := sha256(convert_to(definition::text, 'UTF8'));
    select architecture_id into known from registry.architecture where fingerprint = digest;
    if known is null then
        insert into registry.architecture (fingerprint, definition)
        values (digest, definition)
            on conflict (fingerprint) do nothing
        returning architecture_id into known;
    end if;
    if known is null then
        -- Somebody else has stored it meanwhile.
        select architecture_id into strict known from registry.architecture where fingerprint = digest;
    end if;
    return known;
end
$$;
comment on function registry.architecture_of(jsonb) is
    'The architecture of a run''s configuration, stored if it is new: input and layers, whatever its name.';
