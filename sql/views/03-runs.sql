create or replace view analysis.run as
select run.run_id as run,
       model.name as model,
       version.number as version,
       dataset.name as dataset,
       dataset.version as dataset_version,
       case when run.state = 'running' and run.lease_expires_at < now() then 'abandoned' else run.state end as state,
       case when run.origin = 'trained' then run.epochs end as epochs,
       case when run.origin = 'trained' then run.epochs_finished end as epochs_finished,
       last_epoch.training_loss,
       last_epoch.test_loss,
       last_epoch.test_correct,
       last_epoch.test_samples,
       last_epoch.test_accuracy,
       run.parameter_count as parameters,
       extract(epoch from run.finished_at - run.started_at)::double precision as seconds,
       run.queued_at,
       run.started_at,
       run.finished_at,
       run.host,
       run.processor,
       run.threads,
       run.program_version,
       run.failure,
       run.configuration,
       run.multiply_adds,
       run.producer,
       run.origin,
       run.configuration ->> 'parent' as parent
  from registry.run
  join registry.model using (model_id)
  join registry.dataset using (dataset_id)
  left join registry.epoch_metric as last_epoch
         on last_epoch.run_id = run.run_id
        and last_epoch.epoch = run.epochs_finished
  left join lateral (select max(number) as number
                       from registry.model_version
                      where model_version.run_id = run.run_id) as version
         on true;
comment on view analysis.run is
    'Every training, with what its last finished epoch reached; and every import, told by its origin.';
comment on column analysis.run.run is 'Number of the run.';
comment on column analysis.run.model is 'The model it trains, or of which something was imported.';
comment on column analysis.run.version is 'The model version it became; null while there is none.';
comment on column analysis.run.dataset is 'Name of the data set.';
comment on column analysis.run.dataset_version is 'Version of the data set.';
comment on column analysis.run.state is
    'queued, running, succeeded, failed, cancelled or diverged; abandoned when its trainer has vanished: running, and its lease has run out.';
comment on column analysis.run.epochs is 'Epochs asked for; null for imports, as is all that is about training.';
comment on column analysis.run.epochs_finished is 'Epochs whose metrics are stored.';
comment on column analysis.run.training_loss is 'Mean training loss of the last finished epoch, in nats.';
comment on column analysis.run.test_loss is 'Mean test loss after it, in nats; null where the loss of some test sample is not known.';
comment on column analysis.run.test_correct is 'Test samples correctly classified after it.';
comment on column analysis.run.test_samples is 'Test samples.';
comment on column analysis.run.test_accuracy is 'test_correct / test_samples.';
comment on column analysis.run.parameters is 'Trainable numbers of the network.';
comment on column analysis.run.seconds is 'Wall time from the first claim to the last state.';
comment on column analysis.run.queued_at is 'When the run was asked for.';
comment on column analysis.run.started_at is 'When it was first claimed.';
comment on column analysis.run.finished_at is 'When it reached its last state.';
comment on column analysis.run.host is 'The machine that trained.';
comment on column analysis.run.processor is 'Its processor.';
comment on column analysis.run.threads is 'Worker threads used.';
comment on column analysis.run.program_version is 'Version of the program that trained.';
comment on column analysis.run.failure is 'Why it failed or diverged.';
comment on column analysis.run.configuration is 'All that determines the result.';
comment on column analysis.run.multiply_adds is
    'Multiplications with addition for one sample, forward; null for runs from before it was kept.';
comment on column analysis.run.producer is 'Who made the predictions that were imported; null for a network.';
comment on column analysis.run.origin is
    'trained here; imported, a network with its weights; or outside, predictions alone.';
comment on column analysis.run.parent is
    'The model version whose weights the training started from, e.g. cnn@2; null where it started from random weights or from a file.';


create or replace view analysis.epoch as
select model.name as model,
       version.number as version,
       epoch_metric.run_id as run,
       epoch_metric.epoch,
       epoch_metric.learning_rate,
       epoch_metric.training_loss,
       epoch_metric.training_accuracy,
       epoch_metric.test_loss,
       epoch_metric.test_correct,
       epoch_metric.test_samples,
       epoch_metric.test_accuracy,
       epoch_metric.training_seconds,
       epoch_metric.test_seconds,
       epoch_metric.recorded_at,
       epoch_metric.epoch::bigint * epoch_metric.training_samples as samples_seen,
       epoch_metric.validation_loss,
       epoch_metric.validation_correct::double precision / epoch_metric.validation_samples as validation_accuracy
  from registry.epoch_metric
  join registry.run using (run_id)
  join registry.model using (model_id)
  left join lateral (select max(number) as number
                       from registry.model_version
                      where model_version.run_id = run.run_id) as version
         on true
 where run.origin = 'trained';
comment on view analysis.epoch is 'What each epoch of each training reached.';
comment on column analysis.epoch.model is 'The model.';
comment on column analysis.epoch.version is 'The model version the run became; null while there is none.';
comment on column analysis.epoch.run is 'The run.';
comment on column analysis.epoch.epoch is 'Counts from 1.';
comment on column analysis.epoch.learning_rate is 'Learning rate of the epoch.';
comment on column analysis.epoch.training_loss is 'Mean training loss as the batches were learned, in nats.';
comment on column analysis.epoch.training_accuracy is 'Share of training samples correctly classified as they were learned.';
comment on column analysis.epoch.test_loss is 'Mean test loss after the epoch, in nats.';
comment on column analysis.epoch.test_correct is 'Test samples correctly classified after the epoch.';
comment on column analysis.epoch.test_samples is 'Test samples.';
comment on column analysis.epoch.test_accuracy is 'test_correct / test_samples.';
comment on column analysis.epoch.training_seconds is 'Wall time of the training pass.';
comment on column analysis.epoch.test_seconds is 'Wall time of the test pass.';
comment on column analysis.epoch.recorded_at is 'When the epoch was stored.';
comment on column analysis.epoch.samples_seen is 'Training samples learned from, over all epochs so far.';
comment on column analysis.epoch.validation_loss is
    'Mean validation loss after the epoch, in nats; null for a data set without a validation split.';
comment on column analysis.epoch.validation_accuracy is
    'Share of validation samples correctly classified after the epoch; null without a validation split.';


create or replace view analysis.loss_curve as
select model.name as model,
       version.number as version,
       step_loss.run_id as run,
       step_loss.samples_seen,
       step_loss.loss
  from registry.step_loss
  join registry.run using (run_id)
  join registry.model using (model_id)
  left join lateral (select max(number) as number
                       from registry.model_version
                      where model_version.run_id = run.run_id) as version
         on true;
comment on view analysis.loss_curve is 'Training loss of every hundredth batch against the samples seen.';
comment on column analysis.loss_curve.model is 'The model.';
comment on column analysis.loss_curve.version is 'The model version the run became; null while there is none.';
comment on column analysis.loss_curve.run is 'The run.';
comment on column analysis.loss_curve.samples_seen is 'Training samples learned from before the batch.';
comment on column analysis.loss_curve.loss is 'Mean loss of the batch, in nats.';


create or replace view analysis.layer_metric as
select model.name as model,
       version.number as version,
       layer_metric.run_id as run,
       layer_metric.epoch,
       layer_metric.layer,
       layer_metric.name,
       layer_metric.gradient_norm,
       layer_metric.dead_unit_share
  from registry.layer_metric
  join registry.run using (run_id)
  join registry.model using (model_id)
  left join lateral (select max(number) as number
                       from registry.model_version
                      where model_version.run_id = run.run_id) as version
         on true;
comment on view analysis.layer_metric is 'The health of each layer after each epoch of each run.';
comment on column analysis.layer_metric.model is 'The model.';
comment on column analysis.layer_metric.version is 'The model version the run became; null while there is none.';
comment on column analysis.layer_metric.run is 'The run.';
comment on column analysis.layer_metric.epoch is 'Counts from 1.';
comment on column analysis.layer_metric.layer is 'Position of the layer in the architecture, from 1.';
comment on column analysis.layer_metric.name is 'Start of the names of its weights, e.g. conv1; its type where it has none.';
comment on column analysis.layer_metric.gradient_norm is
    'Norm of the loss''s gradient by its weights, in the last step of the epoch; null without weights.';
comment on column analysis.layer_metric.dead_unit_share is
    'Of a ReLU layer, the share of units that were zero for all test samples, 0…1; else null.';
