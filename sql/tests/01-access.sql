-- What a reader may do, and that everything is explained.
begin;
create extension pgtap;
\ir fixture.sql
select plan(8);

select is_empty(
    $$select relname
        from pg_class
       where relnamespace in ('analysis'::regnamespace, 'registry'::regnamespace)
         and relkind in ('r', 'v', 'm', 'p')
         and obj_description(oid, 'pg_class') is null
       union all
      select nspname
        from pg_namespace
       where nspname in ('analysis', 'registry')
         and obj_description(oid, 'pg_namespace') is null$$,
    'both schemas, every table and view have a comment');
select is_empty(
    $$select relname, attname
        from pg_class
        join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
       where relnamespace in ('analysis'::regnamespace, 'registry'::regnamespace)
         and relkind in ('r', 'v', 'm', 'p')
         and col_description(pg_class.oid, attnum) is null$$,
    'every column has a comment');
select is_empty(
    $$select proname
        from pg_proc
       where pronamespace in ('analysis'::regnamespace, 'registry'::regnamespace)
         and obj_description(oid, 'pg_proc') is null$$,
    'every function has a comment');

-- What a function calls: its body, without comments and texts, up to each parenthesis. What it reads: names without one.
create temporary table body as
select oid,
       proname,
       provolatile,
       regexp_replace(regexp_replace(prosrc, '--[^\n]*', '', 'g'), '''[^'']*''', '''''', 'g') as text
  from pg_proc
 where pronamespace in ('analysis'::regnamespace, 'registry'::regnamespace);
select is_empty(
    $$select body.proname, called.name
        from body
       cross join lateral (select (regexp_matches(body.text, '([a-z_0-9]+)\s*\(', 'g'))[1] as name) as called
       where body.provolatile = 'i'
         and exists (select from pg_proc where proname = called.name)
         and not exists (select from pg_proc where proname = called.name and provolatile = 'i')$$,
    'what is immutable calls nothing whose result depends on settings or data');
select is_empty(
    $$select proname
        from body
       where provolatile = 'i'
         and text ~ '(analysis|registry)\.[a-z_0-9]+(?!\s*\(|[a-z_0-9])'$$,
    'and reads no tables');

create function pg_temp.fails_reading() returns setof text language plpgsql as $$
declare
    name text;
begin
    for name in select format('analysis.%I', viewname) from pg_views where schemaname = 'analysis' loop
        begin
            execute format('select * from %s', name);
        exception
            when insufficient_privilege then
                return next name;
        end;
    end loop;
end
$$;

set local role registry_reader;

select is_empty('select pg_temp.fails_reading()', 'a reader may read every view');
select lives_ok(
    $$select * from analysis.hard_samples(1), analysis.hard_classes(1), analysis.tested_versions(1),
             analysis.learning_of_samples(1, '{1}'), analysis.mistaken_for(1, '{1}'), analysis.missed_samples(1)$$,
    'a reader may ask what is hard');
select lives_ok(
    $$select * from analysis.drift(1, 'training', 1, 'test'), analysis.class_drift(1, 'training', 1, 'test')$$,
    'a reader may ask for drift');

select * from finish();
rollback;
