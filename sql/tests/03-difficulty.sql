-- One vote an architecture: a miss by one of the two small versions counts a quarter, one by the big version a half.
begin;
create extension pgtap;
\ir fixture.sql
select plan(15);

select results_eq(
    $$select index, missed_by, missed_share, commonest_prediction::integer, round(mean_confidence::numeric, 6)
        from analysis.sample_difficulty
       order by index$$,
    $$values (0, 3::bigint, 1::float8, 1, 0.8), (1, 1, 0.25, 0, 0.8), (2, 1, 0.25, 1, 0.8),
             (3, 1, 0.25, 0, 0.8), (4, 1, 0.5, 1, 0.8)$$,
    'the share of votes that miss a sample');
select results_eq(
    $$select label::integer, missed_samples, round(error_rate::numeric, 12) from analysis.class_difficulty order by label$$,
    'values (0, 3::bigint, 0.35), (1, 2, 0.1)', 'a class''s error rate is the mean of its samples'' shares');
select results_eq(
    $$select label::integer, round(error_rate_lower::numeric, 9), round(error_rate_upper::numeric, 9)
        from analysis.class_difficulty
       order by label$$,
    'values (0, 0.094092631, 0.736252108), (1, 0.010529954, 0.537056017)',
    'with Wilson''s interval of 1.75 and of 0.5 in 5 samples');
select results_eq(
    $$select sample.index
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, most => 2) as hard
        join registry.sample using (sample_id)
       order by hard.missed_share desc$$,
    'values (0), (4)', 'as many of the hardest as asked for');
select results_eq(
    $$select sample.index, hard.missed_share
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, 'small') as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    'values (0, 1::float8), (1, 0.5), (2, 0.5), (3, 0.5)', 'of one model alone');
select results_eq(
    $$select sample.index
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, of_label => 1::smallint) as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    'values (1), (3)', 'of one class alone');
select is_empty(
    $$select hard.sample_id
        from registry.dataset
       cross join lateral (select * from analysis.hard_samples(dataset.dataset_id, 'nobody')
                            union all
                           select * from analysis.hard_samples(dataset.dataset_id, until => '-infinity')) as hard$$,
    'of a model that is not there, or before any version, nothing is hard');
select results_eq(
    $$select whole.*, one.*, early.*
        from registry.dataset
       cross join lateral analysis.tested_versions(dataset.dataset_id, since => '-infinity') as whole
       cross join lateral analysis.tested_versions(dataset.dataset_id, 'small') as one
       cross join lateral analysis.tested_versions(dataset.dataset_id, until => '-infinity') as early$$,
    'values (3::bigint, 2::bigint, 2::bigint, 1::bigint, 0::bigint, 0::bigint)', 'nor are there voters');
select results_eq(
    $$select sample.index, hard.missed_by, round(hard.missed_share::numeric, 12), round(hard.label_doubt::numeric, 6)
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, since => '-infinity') as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    $$select index, missed_by, round(missed_share::numeric, 12), round(label_doubt::numeric, 6)
        from analysis.sample_difficulty
       order by index$$,
    'counted from the versions of all times it is the same');
select results_eq(
    $$select index from analysis.sample_category where category = 'suspect label'$$,
    'values (0)', 'only where the architectures agree a label is suspect');

-- A second big version, whose probabilities are no numbers, misses 0 and 5; now each version counts a quarter.
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select 4, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished, attempts, started_at,
       finished_at
  from registry.run
 where run_id = 3;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select 4, epoch, learning_rate, training_loss, training_correct, training_samples, training_seconds, 'NaN', 8, 10,
       test_seconds
  from registry.epoch_metric
 where run_id = 3;
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 4, sample_id, 1, 1 - label, 'NaN', 'NaN', '{NaN,NaN}'
  from registry.sample
 where split_id = 2
   and index in (0, 5);
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 2, 4, 1, repeat('1', 64) from registry.model where name = 'big';

select results_eq(
    $$select index, missed_share, round(mean_confidence::numeric, 6), round(label_doubt::numeric, 6)
        from analysis.sample_difficulty
       where index in (0, 5)
       order by index$$,
    'values (0, 1::float8, 0.6, 0.6), (5, 0.25, 0.0, 0.0)', 'a probability that is no number counts as none');
select results_eq(
    $$select hard.missed_share, sample.index
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id) as hard
        join registry.sample using (sample_id)$$,
    'values (1::float8, 0), (0.25, 1), (0.25, 2), (0.25, 3), (0.25, 4), (0.25, 5)', 'and makes no sample the hardest');
select results_eq(
    $$select sample.index, hard.missed_share, round(hard.mean_confidence::numeric, 6), round(hard.label_doubt::numeric, 6)
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id, since => '-infinity') as hard
        join registry.sample using (sample_id)
       order by sample.index$$,
    $$select index, missed_share, round(mean_confidence::numeric, 6), round(label_doubt::numeric, 6)
        from analysis.sample_difficulty
       order by index$$,
    'in any period too');

delete from registry.model_version where run_id = 4;
select results_eq(
    $$select index, missed_by, missed_share, round(mean_confidence::numeric, 6)
        from analysis.sample_difficulty
       where index in (0, 5)$$,
    'values (0, 3::bigint, 1::float8, 0.8)', 'nothing of it is left in the sums');

delete from registry.model_version where run_id = 3;
select results_eq(
    $$select index, missed_share from analysis.sample_difficulty order by index$$,
    'values (0, 1::float8), (1, 0.5), (2, 0.5), (3, 0.5)', 'a version that is deleted no longer counts');

select * from finish();
rollback;
