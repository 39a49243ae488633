create or replace view analysis.storage as
select relname::text as table_name,
       pg_table_size(oid) as table_bytes,
       pg_indexes_size(oid) as index_bytes,
       pg_total_relation_size(oid) as bytes,
       nullif(reltuples, -1)::bigint as estimated_rows
  from pg_class
 where relnamespace = 'registry'::regnamespace
   and relkind = 'r';
comment on view analysis.storage is 'How much disk each table takes.';
comment on column analysis.storage.table_name is 'The table, of schema registry.';
comment on column analysis.storage.table_bytes is 'Bytes of its rows.';
comment on column analysis.storage.index_bytes is 'Bytes of its indexes.';
comment on column analysis.storage.bytes is 'Both.';
comment on column analysis.storage.estimated_rows is 'Rows as of the last VACUUM or ANALYZE; null where there was none.';


create or replace view analysis.model_storage as
select model.name as model,
       (select count(*) from registry.run where run.model_id = model.model_id) as runs,
       (select count(*) from registry.model_version where model_version.model_id = model.model_id) as versions,
       (select coalesce(sum(size), 0)::bigint
          from registry.artifact
         where sha256 in (select weights_sha256
                            from registry.model_version
                           where model_version.model_id = model.model_id)) as weights_bytes,
       (select coalesce(sum(checkpoint.size), 0)::bigint
          from registry.checkpoint
          join registry.run using (run_id)
         where run.model_id = model.model_id) as checkpoint_bytes,
       (select coalesce(sum(metric.test_samples - metric.test_correct), 0)
          from registry.epoch_metric as metric
          join registry.run using (run_id)
         where run.model_id = model.model_id) as misclassifications
  from registry.model;
comment on view analysis.model_storage is 'What is stored of each model.';
comment on column analysis.model_storage.model is 'The model.';
comment on column analysis.model_storage.runs is 'Its runs.';
comment on column analysis.model_storage.versions is 'Its versions.';
comment on column analysis.model_storage.weights_bytes is 'Bytes of the versions'' weights, the same weights once.';
comment on column analysis.model_storage.checkpoint_bytes is 'Bytes of the checkpoints of its runs.';
comment on column analysis.model_storage.misclassifications is 'Misclassified samples over all epochs of its runs: rows of the largest table.';
