-- Aliases, times and intervals are expressions, not joins: what a query does not ask for costs it nothing.
create or replace view analysis.model_version as
select model.name as model,
       model_version.number as version,
       (select coalesce(array_agg(model_alias.alias order by model_alias.alias), '{}')
          from registry.model_alias
         where model_alias.model_id = model_version.model_id
           and model_alias.number = model_version.number) as aliases,
       dataset.name as dataset,
       dataset.version as dataset_version,
       final.test_samples,
       final.test_correct,
       final.test_accuracy,
       (analysis.wilson_interval(final.test_correct, final.test_samples)).lower as test_accuracy_lower,
       (analysis.wilson_interval(final.test_correct, final.test_samples)).upper as test_accuracy_upper,
       final.test_loss,
       run.parameter_count as parameters,
       case when run.origin = 'trained' then model_version.epoch end as epochs,
       (select avg(epoch_metric.training_seconds)
          from registry.epoch_metric
         where epoch_metric.run_id = model_version.run_id
           and epoch_metric.epoch <= model_version.epoch) as seconds_per_epoch,
       model_version.run_id as run,
       model_version.registered_at,
       model_version.weights_sha256,
       artifact.size as weights_size,
       not exists (select
                     from registry.model_version as later
                    where later.model_id = model_version.model_id
                      and later.number > model_version.number) as is_newest,
       dataset.dataset_id,
       run.multiply_adds,
       run.architecture_id as architecture,
       dataset.test_split_id,
       final.test_samples - final.test_correct as misclassified,
       run.origin,
       run.producer,
       model_version.epoch,
       run.configuration ->> 'parent' as parent
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.epoch_metric as final
    on final.run_id = model_version.run_id
   and final.epoch = model_version.epoch
  left join registry.artifact
         on artifact.sha256 = model_version.weights_sha256;
comment on view analysis.model_version is 'Every model version with its test result.';
comment on column analysis.model_version.model is 'The model.';
comment on column analysis.model_version.version is 'Number of the version.';
comment on column analysis.model_version.aliases is 'Aliases that stand for this version now.';
comment on column analysis.model_version.dataset is 'Name of the data set.';
comment on column analysis.model_version.dataset_version is 'Version of the data set.';
comment on column analysis.model_version.test_samples is 'Test samples.';
comment on column analysis.model_version.test_correct is 'Test samples classified correctly.';
comment on column analysis.model_version.test_accuracy is 'test_correct / test_samples.';
comment on column analysis.model_version.test_accuracy_lower is 'Lower end of its 95 % Wilson interval.';
comment on column analysis.model_version.test_accuracy_upper is 'Upper end of its 95 % Wilson interval.';
comment on column analysis.model_version.test_loss is
    'Mean cross-entropy over the test samples, in nats; null where imported predictions do not tell that of each.';
comment on column analysis.model_version.parameters is 'Trainable numbers of the network; null for imported predictions.';
comment on column analysis.model_version.epochs is 'Epochs that the weights were trained for here; null for imports.';
comment on column analysis.model_version.seconds_per_epoch is
    'Mean wall time of the training passes, in seconds; null for imports.';
comment on column analysis.model_version.run is 'The run that trained it, or the import.';
comment on column analysis.model_version.registered_at is 'When it was registered.';
comment on column analysis.model_version.weights_sha256 is 'SHA-256 of the weights in safetensors form; null for imported predictions.';
comment on column analysis.model_version.weights_size is 'Size of the weights in safetensors form, in bytes; null for imported predictions.';
comment on column analysis.model_version.is_newest is 'True for the newest version of its model that there is.';
comment on column analysis.model_version.dataset_id is 'Key of the data set.';
comment on column analysis.model_version.multiply_adds is
    'Multiplications with addition for one sample, forward; null for versions from before it was kept.';
comment on column analysis.model_version.architecture is
    'Tells architectures apart, whatever their names; of imported predictions, their producers.';
comment on column analysis.model_version.test_split_id is
    'Key of the split it was tested on: versions with the same were tested on the same samples.';
comment on column analysis.model_version.misclassified is 'Test samples classified wrongly: test_samples − test_correct.';
comment on column analysis.model_version.origin is
    'trained here, with weights and epochs; imported with its weights; or outside: its predictions were imported, and nothing else is known.';
comment on column analysis.model_version.producer is 'Who made the predictions that were imported; null for a network.';
comment on column analysis.model_version.epoch is
    'With run, what its rows in analysis.epoch_misclassification have; 1 for imports.';
comment on column analysis.model_version.parent is
    'The model version whose weights the training started from, e.g. cnn@2; null where it started from random weights or from a file.';


create or replace view analysis.alias_history as
select model,
       alias,
       version,
       held_from,
       held_until,
       set_by
  from (select model.name as model,
               history.alias,
               history.number as version,
               history.set_at as held_from,
               lead(history.set_at) over (partition by model.name, history.alias order by history.set_at) as held_until,
               history.set_by
          from registry.model_alias_history as history
          join registry.model using (model_id)) as entry
 where version is not null;
comment on view analysis.alias_history is 'Which version each alias has stood for, and when: who put what into production.';
comment on column analysis.alias_history.model is 'The model.';
comment on column analysis.alias_history.alias is 'The alias, e.g. production.';
comment on column analysis.alias_history.version is 'The version that it stood for.';
comment on column analysis.alias_history.held_from is 'From when on.';
comment on column analysis.alias_history.held_until is 'Until when; null while it stands for it.';
comment on column analysis.alias_history.set_by is 'The database role that had logged in to set it.';
