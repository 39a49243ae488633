-- What each epoch reached, and every test sample that was misclassified after it.

create table registry.epoch_metric (
    run_id            bigint           not null,
    epoch             integer          not null,
    learning_rate     double precision,
    training_loss     double precision,
    training_correct  integer,
    training_samples  integer,
    training_accuracy double precision
        generated always as (training_correct::double precision / training_samples) stored,
    training_seconds  double precision,
    test_loss         double precision,
    test_correct      integer          not null,
    test_samples      integer          not null,
    test_accuracy     double precision not null
        generated always as (test_correct::double precision / test_samples) stored,
    test_seconds      double precision,
    recorded_at       timestamptz      not null default now(),
    fence             bigint,
    validation_loss    double precision,
    validation_correct integer,
    validation_samples integer,
    constraint epoch_metric_pkey primary key (run_id, epoch),
    constraint epoch_metric_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint epoch_metric_run_id_fence_fkey foreign key (run_id, fence) references registry.run_attempt,
    constraint epoch_metric_epoch_check check (epoch > 0),
    constraint epoch_metric_training_check
        check (num_nulls(learning_rate, training_loss, training_correct, training_samples, training_seconds,
                         test_seconds) in (0, 6)),
    constraint epoch_metric_test_loss_check check (test_loss is not null or learning_rate is null),
    constraint epoch_metric_training_correct_check check (training_correct between 0 and training_samples),
    constraint epoch_metric_training_samples_check check (training_samples > 0),
    constraint epoch_metric_test_correct_check check (test_correct between 0 and test_samples),
    constraint epoch_metric_test_samples_check check (test_samples > 0),
    constraint epoch_metric_validation_check
        check (num_nulls(validation_loss, validation_correct, validation_samples) in (0, 3)
               and validation_correct between 0 and validation_samples
               and validation_samples > 0)
);
comment on table registry.epoch_metric is
    'What one epoch reached. Losses are mean cross-entropies in nats. What was imported has one epoch, of which only the test is known.';
comment on column registry.epoch_metric.run_id is 'The run.';
comment on column registry.epoch_metric.epoch is 'Counts from 1.';
comment on column registry.epoch_metric.learning_rate is 'Learning rate of this epoch; null exactly where the run is an import, as are all columns of the training.';
comment on column registry.epoch_metric.training_loss is
    'Mean loss over the training samples, each measured as its batch was learned, in nats; may be NaN or infinite.';
comment on column registry.epoch_metric.training_correct is 'Training samples classified correctly as they were learned.';
comment on column registry.epoch_metric.training_samples is 'Training samples seen in this epoch.';
comment on column registry.epoch_metric.training_accuracy is 'training_correct / training_samples.';
comment on column registry.epoch_metric.training_seconds is 'Wall time of the training pass.';
comment on column registry.epoch_metric.test_loss is
    'Mean loss over the test samples after the epoch, in nats; may be NaN or infinite; null where the loss of some sample is not known.';
comment on column registry.epoch_metric.test_correct is 'Test samples classified correctly after the epoch.';
comment on column registry.epoch_metric.test_samples is 'Test samples.';
comment on column registry.epoch_metric.test_accuracy is 'test_correct / test_samples.';
comment on column registry.epoch_metric.test_seconds is 'Wall time of the test pass; null for imports.';
comment on column registry.epoch_metric.recorded_at is 'When the epoch was stored.';
comment on column registry.epoch_metric.fence is 'The attempt that stored the epoch; null where no attempt did.';
comment on column registry.epoch_metric.validation_loss is
    'Mean loss over the validation samples after the epoch, in nats; null for a data set without a validation split.';
comment on column registry.epoch_metric.validation_correct is
    'Validation samples classified correctly after the epoch; null without a validation split.';
comment on column registry.epoch_metric.validation_samples is 'Validation samples; null without a validation split.';


create table registry.step_loss (
    run_id        bigint           not null,
    samples_seen  bigint           not null,
    loss          double precision not null,
    constraint step_loss_pkey primary key (run_id, samples_seen),
    constraint step_loss_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint step_loss_samples_seen_check check (samples_seen >= 0)
);
comment on table registry.step_loss is 'Training loss of every hundredth batch: the points of the loss curve.';
comment on column registry.step_loss.run_id is 'The run.';
comment on column registry.step_loss.samples_seen is
    'Training samples that the weights had learned from, over all epochs, when this loss was measured.';
comment on column registry.step_loss.loss is 'Mean loss of the batch, in nats; may be NaN or infinite.';


create table registry.layer_metric (
    run_id           bigint           not null,
    epoch            integer          not null,
    layer            integer          not null,
    name             text             not null,
    gradient_norm    double precision,
    dead_unit_share  double precision,
    constraint layer_metric_pkey primary key (run_id, epoch, layer),
    constraint layer_metric_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade,
    constraint layer_metric_layer_check check (layer > 0),
    constraint layer_metric_dead_unit_share_check check (dead_unit_share between 0 and 1)
);
comment on table registry.layer_metric is
    'The health of a layer after an epoch: one row for each layer with weights and each ReLU layer.';
comment on column registry.layer_metric.run_id is 'The run.';
comment on column registry.layer_metric.epoch is 'Counts from 1.';
comment on column registry.layer_metric.layer is 'Position of the layer in the architecture, from 1.';
comment on column registry.layer_metric.name is 'Start of the names of its weights, e.g. conv1; its type where it has none.';
comment on column registry.layer_metric.gradient_norm is
    'Euclidean norm of the loss''s gradient by all its weights, in the last step of the epoch; null without weights; may be NaN or infinite.';
comment on column registry.layer_metric.dead_unit_share is
    'Of a ReLU layer, the share of units (channels or features) that were zero for all test samples, 0…1; else null.';


create table registry.test_loss (
    run_id  bigint  not null,
    epoch   integer not null,
    losses  real[]  not null,
    constraint test_loss_pkey primary key (run_id, epoch),
    constraint test_loss_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade
);
comment on table registry.test_loss is
    'The loss of every test sample after the last epoch of a run, so that two versions can be compared sample by sample.';
comment on column registry.test_loss.run_id is 'The run.';
comment on column registry.test_loss.epoch is 'The epoch after which it was measured.';
comment on column registry.test_loss.losses is
    'Cross-entropies in nats, in order of the samples'' index; null where not known, which is only so of imported predictions.';

create function registry.check_test_losses() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    tested record;
begin
    select test_samples, test_loss
      into tested
      from registry.epoch_metric
     where run_id = new.run_id
       and epoch = new.epoch;
    if cardinality(new.losses) <> tested.test_samples then
        raise exception 'run %, epoch %: losses of % test samples stored, % expected',
                        new.run_id, new.epoch, cardinality(new.losses), tested.test_samples
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'test_loss',
                    constraint = 'test_loss_length_check';
    elsif (array_position(new.losses, null) is null) <> (tested.test_loss is not null) then
        raise exception 'run %, epoch %: there is a mean loss exactly where each test sample has one',
                        new.run_id, new.epoch
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'test_loss',
                    constraint = 'test_loss_losses_check';
    end if;
    return null;
end
$$;
comment on function registry.check_test_losses() is
    'Refuses losses of more or fewer samples than were tested, and losses that are null where the epoch has a mean loss, as each of a training has.';

create trigger test_loss_length_check
    after insert or update on registry.test_loss
    for each row execute function registry.check_test_losses();
comment on trigger test_loss_length_check on registry.test_loss is
    'cardinality(losses) = test_samples of the epoch, and losses has a null exactly where its test_loss is null.';


create table registry.misclassification (
    run_id         bigint   not null,
    sample_id      bigint   not null,
    epoch          integer  not null,
    predicted      smallint not null,
    confidence     real,
    loss           real,
    probabilities  real[],
    constraint misclassification_pkey primary key (run_id, epoch, sample_id),
    constraint misclassification_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade,
    constraint misclassification_sample_id_fkey foreign key (sample_id) references registry.sample,
    constraint misclassification_predicted_check check (predicted >= 0),
    constraint misclassification_confidence_check
        check (confidence between 0 and 1 or confidence = 'NaN'),
    constraint misclassification_confidence_probability_check
        check (probabilities is null or coalesce(confidence = probabilities[predicted + 1], false)),
    constraint misclassification_loss_check check (loss >= 0),
    constraint misclassification_loss_probabilities_check check ((loss is null) = (probabilities is null))
)
-- At a thousand million rows, the usual fifth of them is too long to wait.
with (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_freeze_min_age = 0);
create index misclassification_sample_id_index on registry.misclassification (sample_id);
comment on index registry.misclassification_sample_id_index is
    'Who misses a sample; and a data set can be deleted without reading all rows for each sample.';
comment on table registry.misclassification is
    'Every test sample that a run classified wrongly after an epoch; rows = test_samples − test_correct of the epoch. Never updated, and deleted only with its epoch.';
comment on column registry.misclassification.run_id is 'The run.';
comment on column registry.misclassification.sample_id is 'The test sample.';
comment on column registry.misclassification.epoch is 'The epoch after which it was tested.';
comment on column registry.misclassification.predicted is 'The class predicted; never the label.';
comment on column registry.misclassification.confidence is
    'Probability given to the predicted class; may be NaN; null where imported predictions do not tell it.';
comment on column registry.misclassification.loss is
    'Cross-entropy of the sample, in nats; may be NaN or infinite; null where there are no probabilities.';
comment on column registry.misclassification.probabilities is
    'Probability of each class, class 0 first; null where imported predictions do not tell it.';
comment on constraint misclassification_confidence_probability_check on registry.misclassification is
    'Also tells that there is a probability for the predicted class.';
comment on constraint misclassification_loss_check on registry.misclassification is 'NaN is greater than any number.';

create function registry.check_epoch_counts() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    epoch record;
begin
    -- The row may have gone again by now.
    select metric.test_samples - metric.test_correct as expected,
           metric.test_samples,
           split.samples,
           run.epochs_finished,
           (metric.learning_rate is null) = (run.origin <> 'trained') as is_of_origin,
           (select count(*)
              from registry.misclassification as wrong
             where wrong.run_id = metric.run_id
               and wrong.epoch = metric.epoch) as stored
      into epoch
      from registry.epoch_metric as metric
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.split on split.split_id = dataset.test_split_id
     where metric.run_id = new.run_id
       and metric.epoch = new.epoch;
    if epoch.test_samples <> epoch.samples then
        raise exception 'run %, epoch %: % test samples, the test split has %',
                        new.run_id, new.epoch, epoch.test_samples, epoch.samples
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_test_split_check';
    elsif new.epoch > epoch.epochs_finished then
        raise exception 'run %, epoch %: the run has finished % epochs', new.run_id, new.epoch, epoch.epochs_finished
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_epochs_finished_check';
    elsif epoch.stored <> epoch.expected then
        raise exception 'run %, epoch %: % misclassified samples stored, % expected',
                        new.run_id, new.epoch, epoch.stored, epoch.expected
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_misclassification_count_check';
    elsif not epoch.is_of_origin then
        raise exception 'run %, epoch %: what was learned is known of trainings, and of nothing else', new.run_id, new.epoch
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_origin_check';
    end if;
    return null;
end
$$;
comment on function registry.check_epoch_counts() is
    'Refuses the transaction of an epoch whose test samples are not those of the test split, that its run has not finished, whose misclassified samples do not add up with its test_correct, or that lacks the training''s figures in a training, or has them in an import.';

create constraint trigger epoch_metric_misclassification_count_check
    after insert or update on registry.epoch_metric
    deferrable initially deferred
    for each row execute function registry.check_epoch_counts();
comment on trigger epoch_metric_misclassification_count_check on registry.epoch_metric is
    'Checked at commit: misclassified rows = test_samples − test_correct, test_samples = samples of the test split, the run has finished the epoch, and learning_rate is null exactly where the run is an import.';

create function registry.check_epochs_finished() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    progress record;
begin
    select run.epochs_finished,
           coalesce((select max(metric.epoch)
                       from registry.epoch_metric as metric
                      where metric.run_id = run.run_id), 0) as stored
      into progress
      from registry.run
     where run.run_id = new.run_id;
    if progress.epochs_finished <> progress.stored then
        raise exception 'run %: % epochs finished, the last one stored is %', new.run_id, progress.epochs_finished, progress.stored
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'run',
                    constraint = 'run_epochs_finished_stored_check';
    end if;
    return null;
end
$$;
comment on function registry.check_epochs_finished() is
    'Refuses the transaction of a run whose epochs_finished is not the last epoch stored.';

create constraint trigger run_epochs_finished_stored_check
    after update of epochs_finished on registry.run
    deferrable initially deferred
    for each row execute function registry.check_epochs_finished();
comment on trigger run_epochs_finished_stored_check on registry.run is
    'Checked at commit: epochs_finished is the last epoch of registry.epoch_metric.';

create function registry.check_misclassifications() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    wrong record;
begin
    select added.run_id,
           added.epoch,
           added.sample_id,
           case
               when sample.split_id <> dataset.test_split_id then 'misclassification_test_split_check'
               when added.predicted = sample.label then 'misclassification_label_check'
               else 'misclassification_probabilities_check'
           end as violated
      into wrong
      from added
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.sample using (sample_id)
     where sample.split_id <> dataset.test_split_id
        or added.predicted = sample.label
        or cardinality(added.probabilities) <> cardinality(dataset.class_names)
        or added.predicted >= cardinality(dataset.class_names)
        or added.probabilities is null and run.producer is null
     limit 1;
    if found then
        raise exception 'run %, epoch %, sample %: % is violated', wrong.run_id, wrong.epoch, wrong.sample_id, wrong.violated
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'misclassification',
                    constraint = wrong.violated;
    end if;
    perform registry.check_misclassification_count(run_id, epoch, tg_op)
       from (select distinct run_id, epoch from added) as touched;
    return null;
end
$$;
comment on function registry.check_misclassifications() is
    'Refuses misclassified samples that are not of the run''s test split, are not misclassified, have not one probability for each class (but none at all in an import may be), or are too many.';

create function registry.check_misclassification_count(of_run bigint, of_epoch integer, operation text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    expected integer;
    stored bigint;
begin
    select test_samples - test_correct
      into expected
      from registry.epoch_metric
     where run_id = of_run
       and epoch = of_epoch;
    if not found then
        return;  -- Deleted with its epoch.
    end if;
    select count(*)
      into stored
      from registry.misclassification
     where run_id = of_run
       and epoch = of_epoch;
    -- Insertions may come in several statements; whether they are all there is checked at commit, by the epoch's trigger.
    if stored > expected or stored < expected and operation <> 'INSERT' then
        raise exception 'run %, epoch %: % misclassified samples stored, % expected', of_run, of_epoch, stored, expected
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_misclassification_count_check';
    end if;
end
$$;
comment on function registry.check_misclassification_count(bigint, integer, text) is
    'Refuses to insert more misclassified samples of an epoch than test_samples − test_correct, or to delete some of them.';

create function registry.check_removed_misclassifications() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform registry.check_misclassification_count(run_id, epoch, tg_op)
       from (select distinct run_id, epoch from removed) as touched;
    return null;
end
$$;
comment on function registry.check_removed_misclassifications() is
    'Refuses to delete misclassified samples of an epoch that stays as it is.';

create trigger misclassification_content_check
    after insert on registry.misclassification
    referencing new table as added
    for each statement execute function registry.check_misclassifications();
comment on trigger misclassification_content_check on registry.misclassification is
    'predicted <> label, sample of the run''s test split, one probability for each class (or none, of imported predictions), rows <= test_samples − test_correct.';

create trigger misclassification_removal_check
    after delete on registry.misclassification
    referencing old table as removed
    for each statement execute function registry.check_removed_misclassifications();
comment on trigger misclassification_removal_check on registry.misclassification is
    'rows = test_samples − test_correct, unless the epoch is deleted with them.';

create trigger misclassification_change_check
    before update on registry.misclassification
    for each row
    when (old.* is distinct from new.*)
    execute function registry.refuse_change('misclassification_change_check');
comment on trigger misclassification_change_check on registry.misclassification is 'What was predicted has been counted.';
