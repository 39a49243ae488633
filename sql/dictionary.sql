-- The data dictionary in Markdown, a line per row, from the comments in the database: sql/README.md.
with kind (relkind, title) as (
    values ('v', 'view'), ('r', 'table')
), relation as (
    select pg_class.oid,
           nspname as schema,
           relname as name,
           kind.title as kind,
           obj_description(pg_class.oid, 'pg_class') as description
      from pg_class
      join pg_namespace on pg_namespace.oid = relnamespace
      join kind on kind.relkind = pg_class.relkind::text
     where nspname in ('analysis', 'registry')
), line as (
    select schema, 1 as part, name, 0 as position, format(E'\n### `%s.%s`\n%s\n\n| column | type | |\n|---|---|---|',
                                                          schema, name, description) as text
      from relation
     union all
    select schema, 1, name, attnum,
           format('| `%s` | %s | %s |', attname, format_type(atttypid, atttypmod), col_description(oid, attnum))
      from relation
      join pg_attribute on attrelid = oid
     where attnum > 0
       and not attisdropped
     union all
    select nspname, 2, proname, 0,
           format(E'\n### `%s.%s`\n%s\n```\n%s(\n    %s\n) returns %s\n```', nspname, proname,
                  obj_description(pg_proc.oid, 'pg_proc'), proname,
                  replace(pg_get_function_arguments(pg_proc.oid), ', ', E',\n    '),
                  pg_get_function_result(pg_proc.oid))
      from pg_proc
      join pg_namespace on pg_namespace.oid = pronamespace
     where nspname = 'analysis'
)
select text
  from (select 0 as chapter, '' as name, 0 as position, $$# Data dictionary

Made by `make dictionary` from the comments in the database; a test keeps it so. Analysts read the schema `analysis`,
which the role `registry_reader` may do; [examples](examples) has questions with their answers. The program alone writes
the schema `registry`.

Times are with time zone, probabilities and shares 0…1, losses in nats, indices and labels from 0.

## Views of `analysis`$$ as text
         union all
        select 1, name, position, text from line where schema = 'analysis' and part = 1
         union all
        select 2, '', 0, E'\n## Functions of `analysis`\nParameters that are null are no restriction.'
         union all
        select 3, name, position, text from line where schema = 'analysis' and part = 2
         union all
        select 4, '', 0, E'\n## Tables of `registry`'
         union all
        select 5, name, position, text from line where schema = 'registry' and part = 1) as page
 order by chapter, name collate "C", position;
