-- What the tables refuse, whoever writes: each violation tells the constraint's name.
begin;
create extension pgtap;
\ir fixture.sql
set constraints all immediate;
set constraints all deferred;

-- A miss of big@1, which has the two that its test_correct of 8 leaves.
create function pg_temp.miss(
    index integer default 5, split bigint default 2, predicted integer default 0, confidence real default 0.8,
    loss real default 1.6, probabilities real[] default '{0.8,0.2}'
) returns text language sql as $$
    select format('insert into registry.misclassification (run_id, epoch, sample_id, predicted, confidence, loss, probabilities)
                   select 3, 1, sample_id, %L, %L, %L, %L from registry.sample where split_id = %L and index = %L',
                  predicted, confidence, loss, probabilities, split, index)
$$;

select plan(47);

-- Misclassified samples.
select is(
    pg_temp.violated('delete from registry.misclassification where run_id = 3 and sample_id = (select min(sample_id) from registry.misclassification where run_id = 3)'),
    'epoch_metric_misclassification_count_check', 'one that is deleted');
select is(pg_temp.violated('delete from registry.misclassification'), 'epoch_metric_misclassification_count_check', 'all that are deleted');
select is(pg_temp.violated(pg_temp.miss()), 'epoch_metric_misclassification_count_check', 'one too many');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 7 where run_id = 3; ' || pg_temp.miss()),
    null, 'one more together with its count');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 6 where run_id = 3'),
    'epoch_metric_misclassification_count_check', 'a count alone');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 6 where run_id = 3; ' || pg_temp.miss(predicted => 1, confidence => 0.2, index => 7)),
    'misclassification_label_check', 'the label as prediction');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 6 where run_id = 3; ' || pg_temp.miss(index => 3, split => 1)),
    'misclassification_test_split_check', 'a training sample');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 6 where run_id = 3; ' || pg_temp.miss(index => 7, probabilities => '{0.8,0.1,0.1}')),
    'misclassification_probabilities_check', 'a probability too many');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, predicted => 99)), 'misclassification_confidence_probability_check', 'no class');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, predicted => -1)), 'misclassification_confidence_probability_check',
    'a negative class');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, confidence => 0.7)), 'misclassification_confidence_probability_check',
    'a confidence that is not the probability');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, confidence => -5, probabilities => '{-5,6}')), 'misclassification_confidence_check',
    'a negative confidence');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, confidence => 1.5, probabilities => '{1.5,0}')), 'misclassification_confidence_check',
    'a confidence above 1');
select is(pg_temp.violated(pg_temp.miss(index => 7, loss => -1)), 'misclassification_loss_check', 'a negative loss');
select is(
    pg_temp.violated(pg_temp.miss(index => 7, probabilities => '{}')), 'misclassification_confidence_probability_check',
    'no probabilities');
select is(
    pg_temp.violated('update registry.epoch_metric set test_correct = 6 where run_id = 3; '
                     || pg_temp.miss(index => 7, confidence => 'NaN', probabilities => '{NaN,NaN}', loss => 'NaN')),
    null, 'NaN is what a network with huge weights gives');
select is(
    pg_temp.violated('update registry.misclassification set predicted = 1 - predicted'), 'misclassification_change_check',
    'another prediction');
select is(
    pg_temp.violated('update registry.epoch_metric set test_samples = 11, test_correct = test_correct + 1'),
    'epoch_metric_test_split_check', 'more test samples than there are');

-- Losses and evaluations.
select is(
    pg_temp.violated($$update registry.test_loss set losses = losses[2:] where run_id = 1$$), 'test_loss_length_check',
    'a loss too few');
select is(
    pg_temp.violated($$update registry.test_loss set losses[3] = null where run_id = 1$$), 'test_loss_losses_check', 'a loss that is null');
select is(
    pg_temp.violated('update registry.evaluation set predictions[1] = 77'), 'evaluation_predictions_class_check',
    'an evaluation that predicts no class');
select is(
    pg_temp.violated('update registry.evaluation set predictions[1] = null'), 'evaluation_predictions_class_check',
    'or nothing');
select is(
    pg_temp.violated('update registry.evaluation set test_correct = 9 where strength = 0'), 'evaluation_correct_count_check',
    'or does not add up');
select is(
    pg_temp.violated('update registry.evaluation set test_samples = 9, predictions = predictions[2:], test_correct = 1'),
    'evaluation_test_split_check', 'or is of fewer samples');

-- Runs and versions.
select is(pg_temp.violated('update registry.model_version set epoch = 2 where run_id = 3'), 'model_version_change_check', 'another epoch');
select is(
    pg_temp.violated('update registry.model_version set registered_at = now()'), null, 'when it was registered may be corrected');
select is(pg_temp.violated('update registry.run set fence = -1'), 'run_fence_check', 'a lower fencing number');
select is(
    pg_temp.violated($$update registry.run set state = 'queued', finished_at = null$$), 'run_final_state_check',
    'a run that has succeeded, queued again');
select is(
    pg_temp.violated('update registry.run set epochs_finished = 0 where run_id = 1'), 'run_epochs_finished_stored_check',
    'epochs that are denied');
select is(
    pg_temp.violated($$update registry.run set configuration = jsonb_set(configuration, '{architecture}', '"other"')$$),
    'run_change_check', 'another architecture');
select is(
    pg_temp.violated('update registry.model_alias_history set number = 2'), 'model_alias_history_change_check', 'history rewritten');
select is(pg_temp.violated('delete from registry.model_alias_history'), 'model_alias_history_change_check', 'or forgotten');
select is(
    pg_temp.violated($$insert into registry.model_alias_history (model_id, alias, number) select model_id, 'production', 2 from registry.model$$),
    'model_alias_history_trigger_check', 'or made up');
insert into registry.artifact_chunk (sha256, index, bytes) values (repeat('1', 64), 0, '\x0102030405060708');
select is(
    pg_temp.violated($$update registry.artifact_chunk set bytes = '\x'$$), 'artifact_chunk_change_check', 'other bytes of an artifact');
select is(
    pg_temp.violated($$insert into registry.artifact_chunk (sha256, index, bytes) values (repeat('1', 64), 1, '\x09')$$),
    'artifact_chunk_size_check', 'or more than it has');
select is(
    pg_temp.violated('update registry.model set last_version_number = 2147483647'), 'model_version_step_check',
    'a number after which there is none');
select is(pg_temp.violated('update registry.model set last_version_number = 0'), 'model_version_step_check', 'or that is taken');
select is(
    pg_temp.violated($$insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                                          training_seconds, test_loss, test_correct, test_samples, test_seconds)
                       values (1, 2, 0.1, 0.5, 4, 4, 1.5, 0.6, 10, 10, 0.1)$$),
    'epoch_metric_epochs_finished_check', 'an epoch that its run has not finished');
select is(pg_temp.violated('update registry.missed_total set versions = 9'), 'missed_total_trigger_check', 'sums written by hand');

-- Data sets.
select is(pg_temp.violated('update registry.sample set label = 1 - label'), 'sample_change_check', 'another label');
select is(pg_temp.violated($$update registry.sample set pixels = '\x0000'$$), 'sample_change_check', 'other pixels');
select is(pg_temp.violated('delete from registry.sample where split_id = 1 and index = 3'), 'split_sample_count_check', 'a sample less');
create function pg_temp.splits(samples integer, label_bound integer, pixels text, label integer) returns text language sql as $$
    select format($statement$
               with split as (
                   insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
                   overriding system value
                   values (9, repeat('9', 64), %s, 1, 2, 2, %s)
                   returning split_id
               )
               select 1 from split;
               insert into registry.sample (split_id, index, label, pixels)
               values (9, 0, %s, %L)$statement$, samples, label_bound, label, pixels)
$$;
select is(pg_temp.violated(pg_temp.splits(1, 78, '\x01020304', 77)), null, 'a split that is whole');
delete from registry.split where split_id = 9;
select is(pg_temp.violated(pg_temp.splits(1, 2, '\x01020304', 77)), 'sample_label_bound_check', 'a label above the bound');
select is(pg_temp.violated(pg_temp.splits(1, 2, '\x01', 1)), 'sample_pixels_size_check', 'one byte for four pixels');
select is(pg_temp.violated(pg_temp.splits(2, 2, '\x01020304', 1)), 'split_sample_count_check', 'a split that is not whole');

-- Deleting a row must not read all rows that may refer to it.
select is_empty(
    $$select conrelid::regclass, conname
        from pg_constraint
       where contype = 'f'
         and connamespace = 'registry'::regnamespace
         and not exists (select
                           from pg_index
                          where indrelid = conrelid
                            and indpred is null
                            and indkey[0] = any (conkey))$$,
    'every foreign key has an index');

select * from finish();
rollback;
