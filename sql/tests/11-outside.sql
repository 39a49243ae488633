-- Predictions that were made elsewhere: resnet@1 with probabilities, vendor@1 with the predicted class alone. Beside the
-- three versions of the fixture there are now four votes. Figures by hand; intervals by scipy.
begin;
create extension pgtap;
\ir fixture.sql
set constraints all immediate;
set constraints all deferred;
select plan(37);

-- A version whose wrong answers are these; a confidence that is null is not known, as then are the probabilities.
create function pg_temp.import(
    of_model text, of_run bigint, of_producer text, missed integer[], confidences real[], has_probabilities boolean,
    losses real[]
) returns void language sql as $$
    insert into registry.model (name, last_version_number) values (of_model, 1);
    insert into registry.run (run_id, model_id, dataset_id, configuration, epochs, state, epochs_finished, started_at,
                              finished_at)
    overriding system value
    select of_run, model.model_id, dataset.dataset_id,
           jsonb_build_object('architecture', jsonb_build_object('producer', of_producer)), 1, 'succeeded', 1, now(), now()
      from registry.model
     cross join registry.dataset
     where model.name = of_model;
    insert into registry.epoch_metric (run_id, epoch, test_loss, test_correct, test_samples)
    select of_run, 1, case when array_position(losses, null) is null then avg(loss) end, 10 - cardinality(missed), 10
      from unnest(losses) as loss;
    insert into registry.test_loss (run_id, epoch, losses) values (of_run, 1, losses);
    insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
    select of_run, sample.sample_id, 1, 1 - sample.label, wrong.confidence,
           case when has_probabilities then losses[wrong.index + 1] end,
           case
               when has_probabilities and sample.label = 0 then array[1 - wrong.confidence, wrong.confidence]
               when has_probabilities then array[wrong.confidence, 1 - wrong.confidence]
           end
      from unnest(missed, confidences) as wrong (index, confidence)
      join registry.sample on sample.split_id = 2 and sample.index = wrong.index;
    insert into registry.model_version (model_id, number, run_id, epoch)
    select model_id, 1, of_run, 1 from registry.model where name = of_model;
$$;

-- Minus the logarithms of 0.375, of 0.125, and of 0.96875 for right answers.
select pg_temp.import('resnet', 11, 'ResNet-18', '{0,5}', '{0.625,0.875}', true,
                      array[-ln(0.375), -ln(0.96875), -ln(0.96875), -ln(0.96875), -ln(0.96875), -ln(0.125), -ln(0.96875),
                            -ln(0.96875), -ln(0.96875), -ln(0.96875)]::real[]);
select pg_temp.import('vendor', 12, 'Vendor, Inc.', '{0,1,6}', '{null,null,null}', false,
                      array_fill(null::real, '{10}'));
set constraints all immediate;
set constraints all deferred;

select results_eq(
    $$select model, origin, producer, epochs, epoch, parameters, weights_sha256, weights_size, seconds_per_epoch, test_correct,
             round(test_loss::numeric, 6), is_newest
        from analysis.model_version
       where model in ('resnet', 'vendor', 'big')
       order by model$$,
    $$values ('big', 'trained', null, 1, 1, 10::bigint, repeat('1', 64), 8::bigint, 1.5::float8, 8, 0.6, true),
             ('resnet', 'outside', 'ResNet-18', null, 1, null, null, null, null, 8, 0.331426, true),
             ('vendor', 'outside', 'Vendor, Inc.', null, 1, null, null, null, null, 7, null, true)$$,
    'versions tell where they come from, and nothing that is not known of them');
select results_eq(
    $$select model, producer, epochs, epochs_finished, state from analysis.run where producer is not null order by model$$,
    $$values ('resnet', 'ResNet-18', null::integer, null::integer, 'succeeded'),
             ('vendor', 'Vendor, Inc.', null, null, 'succeeded')$$,
    'so do the runs that stand for imports');
select is_empty(
    $$select model from analysis.epoch where model in ('resnet', 'vendor')
       union all
      select model from analysis.setting where model in ('resnet', 'vendor')$$,
    'there are no epochs and no settings');

-- Errors, pairs and calibration.
select results_eq(
    $$select label::integer, predicted::integer, samples, mean_confidence
        from analysis.confusion
       where model = 'vendor'
       order by label$$,
    'values (0, 1, 2::bigint, null::float8), (1, 0, 1, null)', 'confusions without their probability');
select results_eq(
    $$select category, errors, ratio from analysis.category_error where model = 'resnet' and category = 'tilted'$$,
    $$values ('tilted', 1::bigint, 4::float8)$$, 'kinds of image: 1 of 2 against 1 of 8');
select results_eq(
    $$select category, index, confidence from analysis.misclassified_by_category('vendor', 1)$$,
    $$values ('suspect label', 0, null::real), ('tilted', 0, null), (null, 1, null), (null, 6, null)$$,
    'and what is missed of each');
select results_eq(
    $$select both_correct, only_a_correct, only_b_correct, neither_correct
        from analysis.agreement
       where a_model = 'small' and a_version = 1 and b_model = 'vendor'$$,
    'values (6::bigint, 1::bigint, 1::bigint, 2::bigint)', 'pairs with a version of our own');
select results_eq(
    $$select a, b, loss_samples, round(loss_difference::numeric, 7), round(loss_difference_lower::numeric, 7),
             round(loss_difference_upper::numeric, 7), same_weights
        from analysis.compare('{small,resnet,vendor}', '{1,1,1}')$$,
    $$values ('small@1', 'resnet@1', 10, -0.2685740, -0.7570076, 0.2198596, null::boolean),
             ('small@1', 'vendor@1', null, null, null, null, null), ('resnet@1', 'vendor@1', null, null, null, null, null)$$,
    'losses are compared where each is known');
select results_eq(
    $$select bin, samples, accuracy, round(mean_confidence::numeric, 6) from analysis.calibration where model = 'resnet' order by bin$$,
    'values (7, 1::bigint, 0::float8, 0.625), (9, 1, 0, 0.875), (10, 8, 1, 0.96875)', 'calibration by tenths');
select is_empty(
    $$select from analysis.calibration where model = 'vendor'$$, 'none where no probability is known: it is not 0');

-- Hard samples. Of four votes small@1 and small@2 have a half each. All miss sample 0, with 0.8, 0.8, 0.625 and what is
-- not known.
select results_eq(
    $$select index, missed_by, missed_share, round(mean_confidence::numeric, 6), round(label_doubt::numeric, 6)
        from analysis.sample_difficulty
       order by index$$,
    $$values (0, 5::bigint, 1::float8, 0.741667, 0.741667), (1, 2, 0.375, 0.8, 0.133333), (2, 1, 0.125, 0.8, 0.1),
             (3, 1, 0.125, 0.8, 0.1), (4, 1, 0.25, 0.8, 0.2), (5, 1, 0.25, 0.875, 0.21875), (6, 1, 0.25, null, null)$$,
    'a probability that is not known is in no mean');
select results_eq(
    $$select sample.index
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, most => 5) as hard
        join registry.sample using (sample_id)$$,
    'values (0), (1), (5), (4), (6)', 'nor first among equals');
select results_eq(
    $$select sample.index, hard.missed_share, round(hard.mean_confidence::numeric, 6), round(hard.label_doubt::numeric, 6)
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, since => '-infinity') as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    $$select index, missed_share, round(mean_confidence::numeric, 6), round(label_doubt::numeric, 6)
        from analysis.sample_difficulty
       order by index$$,
    'counted from the versions of all times it is the same');
select results_eq(
    $$select sample.index, hard.missed_share, hard.mean_confidence, hard.label_doubt
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, 'vendor') as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    'values (0, 1::float8, null::float8, null::float8), (1, 1, null, null), (6, 1, null, null)',
    'of a model without probabilities nothing is known of them');
select results_eq(
    $$select architectures, versions from analysis.tested_versions((select dataset_id from registry.dataset))$$,
    'values (4::bigint, 5::bigint)', 'a producer is an architecture');
select results_eq(
    $$select index, mean_learned_epoch, mean_forgotten
        from registry.sample
        join analysis.learning_of_samples((select dataset_id from registry.dataset),
                                          array(select sample_id from registry.sample where split_id = 2)) using (sample_id)
       where index in (0, 1, 5)
       order by index$$,
    'values (0, null::float8, 0::float8), (1, 1, 0), (5, 1, 0)', 'only trainings say when a sample was learned');
select is_empty(
    $$select from analysis.learning_of_samples((select dataset_id from registry.dataset),
                                               array(select sample_id from registry.sample where split_id = 2), 'resnet')$$,
    'and by nobody where there is none');
select is_empty('select * from registry.differences() where differing <> 0', 'the sums are those of the rows');

-- The predicted class with its probability, but not that of the others: sample 2 with 0.75.
select pg_temp.import('half', 13, 'Half', '{2}', '{0.75}', false,
                      array[-ln(0.96875), -ln(0.96875), null, -ln(0.96875), -ln(0.96875), -ln(0.96875), -ln(0.96875),
                            -ln(0.96875), -ln(0.96875), -ln(0.96875)]::real[]);
select results_eq(
    $$select bin, samples, accuracy from analysis.calibration where model = 'half' order by bin$$,
    'values (8, 1::bigint, 0::float8), (10, 9, 1)', 'the answers'' probabilities suffice for calibration');
select results_eq(
    $$select loss_samples, loss_difference from analysis.compare('{small,half}', '{1,1}')$$,
    'values (null::integer, null::float8)', 'but not for the difference of losses');

-- A network that was imported with its weights, of the same layers as small@1: it votes with that, and tells nothing of
-- epochs.
insert into registry.model (name, last_version_number) values ('graph', 1);
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          finished_at)
overriding system value
select 14, model.model_id, dataset.dataset_id,
       '{"architecture": "small", "training": {}, "source": {"format": "onnx"}}', 10, 1, 'succeeded', 1, now()
  from registry.model
 cross join registry.dataset
 where model.name = 'graph';
insert into registry.epoch_metric (run_id, epoch, test_loss, test_correct, test_samples) values (14, 1, 0.3, 9, 10);
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 14, sample_id, 1, 1 - label, 0.8, 1.6, '{0.8,0.2}' from registry.sample where split_id = 2 and index = 5;
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 1, 14, 1, repeat('1', 64) from registry.model where name = 'graph';
set constraints all immediate;
set constraints all deferred;
select results_eq(
    $$select origin, producer, epochs, parameters, seconds_per_epoch, misclassified, parent
        from analysis.model_version
       where model = 'graph'$$,
    $$values ('imported', null::text, null::integer, 10::bigint, null::float8, 1, null::text)$$,
    'of an imported network all is known but its training');
select results_eq(
    $$select versions, architectures from analysis.tested_versions((select dataset_id from registry.dataset))$$,
    'values (7::bigint, 5::bigint)', 'it votes with the architecture that it has');
select results_eq(
    $$select index, mean_learned_epoch, mean_forgotten
        from registry.sample
        join analysis.learning_of_samples((select dataset_id from registry.dataset),
                                          array(select sample_id from registry.sample where split_id = 2)) using (sample_id)
       where index in (0, 1, 5)
       order by index$$,
    'values (0, null::float8, 0::float8), (1, 1, 0), (5, 1, 0)', 'and says nothing of when a sample was learned');
select is_empty('select * from registry.differences() where differing <> 0', 'the sums are those of the rows with it, too');
select is(
    pg_temp.violated($$update registry.run set configuration = configuration - 'source' where run_id = 14$$),
    'run_change_check', 'what was imported becomes no training');
select is(
    pg_temp.violated($$insert into registry.run (model_id, dataset_id, configuration, parameter_count, epochs)
                       select model_id, dataset_id, configuration, 10, 1 from registry.run where run_id = 14$$),
    'run_origin_state_check', 'and is nothing to train');

-- What is refused.
select is(
    pg_temp.violated('update registry.run set parameter_count = 5 where run_id = 11'), 'run_parameter_count_producer_check',
    'parameters of what is not known');
select is(
    pg_temp.violated('update registry.run set parameter_count = null where run_id = 1'), 'run_parameter_count_producer_check',
    'a training without them');
select is(
    pg_temp.violated('update registry.run set multiply_adds = 5 where run_id = 11'), 'run_multiply_adds_producer_check',
    'multiplications of what is not known');
select is(
    pg_temp.violated($$update registry.run set state = 'queued', finished_at = null where run_id = 11$$),
    'run_final_state_check', 'an import in the queue');
select is(
    pg_temp.violated('update registry.epoch_metric set learning_rate = 0.1 where run_id = 11'), 'epoch_metric_training_check',
    'a part of a training');
select is(
    pg_temp.violated('update registry.epoch_metric set learning_rate = 0.1, training_loss = 1, training_correct = 1,
                             training_samples = 4, training_seconds = 1, test_seconds = 1 where run_id = 11'),
    'epoch_metric_origin_check', 'a training by a producer');
select is(
    pg_temp.violated('update registry.epoch_metric set test_loss = null where run_id = 1'), 'epoch_metric_test_loss_check',
    'a training without a test loss');
select is(
    pg_temp.violated('update registry.test_loss set losses[1] = null where run_id = 11'), 'test_loss_losses_check',
    'a mean of losses that are not all known');
select is(
    pg_temp.violated($$update registry.epoch_metric set test_correct = 7 where run_id = 3;
                       insert into registry.misclassification (run_id, sample_id, epoch, predicted)
                       select 3, sample_id, 1, 0 from registry.sample where split_id = 2 and index = 7$$),
    'misclassification_probabilities_check', 'a wrong answer of a training without its probabilities');
select is(
    pg_temp.violated($$delete from registry.model_version where run_id = 11;
                       insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
                       select model_id, 1, 11, 1, repeat('1', 64) from registry.model where name = 'resnet'$$),
    'model_version_weights_sha256_check', 'weights of what was imported');
select is(
    pg_temp.violated($$delete from registry.model_version where run_id = 3;
                       insert into registry.model_version (model_id, number, run_id, epoch)
                       select model_id, 1, 3, 1 from registry.model where name = 'big'$$),
    'model_version_weights_sha256_check', 'a training''s version without weights');

select * from finish();
rollback;
