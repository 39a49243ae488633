create or replace function registry.lock_datasets() returns void
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    lock table registry.dataset in share row exclusive mode;
end
$$;
comment on function registry.lock_datasets() is
    'Puts imports, and searches for duplicates, in order, until the end of the transaction. A lock that only those who may write can take: any reader could hold an advisory lock, and all imports with it.';
