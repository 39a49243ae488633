-- Forty samples of class 0 in both splits, with slants of 0, 1, … 19 degrees and again, all else alike. In the test split the
-- first two lean by 60 and −60 degrees, the third has two pieces; the last two can't be judged in full: one has no ink, and
-- one is of class 1, which training does not have. A version misses the samples 0, 10, 11, 38 and 39.
begin;
create extension pgtap;
select plan(9);

insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (1, repeat('1', 64), 40, 1, 1, 1, 3), (2, repeat('2', 64), 40, 1, 1, 1, 3);
insert into registry.sample (split_id, index, label, pixels)
select split_id, index, case when split_id = 2 and index = 39 then 1 else 0 end, '\x00'::bytea
  from registry.split, generate_series(0, 39) as index;
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('slants', 1, '{zero,one,two}', 1, 2, 0.1, 0.2, 'made', 'none');
insert into registry.sample_feature (sample_id, ink, slant, stroke_width, sharpness, box_width, box_height, cut_top,
                                     cut_bottom, cut_left, cut_right, pieces, holes)
select sample_id, one,
       case when split_id = 2 and index < 2 then 60 - 120 * index else one * (index % 20) end,
       one, one, one, one, one, one, one, one, case when split_id = 2 and index = 2 then 2 else one end, one
  from registry.sample
 cross join lateral (select case when split_id = 2 and index = 38 then null else 1 end as one) as all_else;
insert into registry.class_distance (training_split_id, sample_id, distance)
select 1, sample_id, case when split_id = 2 and index > 37 then null else 1 end
  from registry.sample;
select registry.summarize_class_features(1);

insert into registry.model (name, last_version_number) values ('m', 1);
insert into registry.artifact (sha256, size, media_type) values (repeat('1', 64), 8, 'application/x-safetensors');
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select 1, model_id, dataset_id, '{"architecture": "m"}', 10, 1, 'succeeded', 1, 1, now(), now()
  from registry.model, registry.dataset;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
values (1, 1, 0.1, 0.5, 40, 40, 1.5, 0.6, 35, 40, 0.1);
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 1, sample_id, 1, 2, 0.625, 1.5, '{0.125,0.25,0.625}'
  from registry.sample
 where split_id = 2
   and index in (0, 10, 11, 38, 39);
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 1, 1, 1, repeat('1', 64) from registry.model;

-- The distances from 9.5 are 0.5, 1.5, … 9.5, each four times: their median is 5.
select results_eq(
    $$select median, round(deviation::numeric, 6) from analysis.class_feature where label = 0 and feature = 'slant'$$,
    'values (9.5::float8, 7.413)', 'usual in a class are the median and 1.4826 times the median distance of its training samples');
select is(
    (select count(*) from analysis.class_feature where label = 0), 15::bigint,
    'of twelve columns, class_distance, aspect and empty');
prepare categories as
select index, category from analysis.sample_category where split = 'test' order by index, category;
select results_eq(
    'categories', $$values (0, 'tilted'), (1, 'tilted'), (2, 'incomplete or broken'), (38, 'empty')$$,
    'a sample is in each category whose rule it meets, on either side');
select results_eq(
    $$select category, samples, errors, unjudged, round(error_rate_outside::numeric, 9), round(ratio::numeric, 9)
        from registry.dataset
       cross join lateral analysis.category_errors(dataset_id, 'm', 1)
       where category in ('tilted', 'empty')
       order by category$$,
    $$values ('empty', 1::bigint, 1::bigint, 0::bigint, 0.102564103, 9.75),
             ('tilted', 2, 1, 2, 0.055555556, 9)$$,
    'what cannot be judged is neither in a category nor outside, and counted');
select results_eq(
    $$select unexplained, unjudged from registry.dataset cross join lateral analysis.unexplained_errors(dataset_id, 'm', 1)$$,
    'values (2::bigint, 1::bigint)', 'the samples 10 and 11 have no deviation, and of 39 that cannot be told');
select results_eq(
    $$select index, category, is_judged from analysis.misclassified_by_category('m', 1, 9)$$,
    $$values (38, 'empty', true), (0, 'tilted', true), (10, null, true), (11, null, true), (39, null, false)$$,
    'the misclassified samples of each category, then those of none, then those that cannot be judged');
select results_eq(
    'select model, version, category, samples, errors, unjudged from analysis.category_error order by category',
    $$select found.model, found.version, found.category, found.samples, found.errors, found.unjudged
        from registry.dataset
       cross join lateral analysis.category_errors(dataset_id, 'm', 1) as found
       order by found.category$$,
    'the view has the same for all versions');

update registry.error_category set threshold = 8 where category = 'tilted' and side = 'above';
select results_eq(
    'categories', $$values (1, 'tilted'), (2, 'incomplete or broken'), (38, 'empty')$$, 'thresholds can be changed');

-- Half of the samples lie below a median that is raised; all training samples are alike but for the slant.
insert into registry.error_category (category, feature, side, threshold, minimum_deviation)
select feature, feature, 'below', 1e-9, 1e-9 from (select distinct feature from analysis.class_feature) as known;
update registry.class_feature set median = median + 1 where feature not in ('slant', 'empty');
select results_eq(
    $$select distinct category
        from analysis.sample_category
       where category in (select feature from analysis.class_feature where feature <> 'empty')
       order by category$$,
    $$select distinct feature from analysis.class_feature where feature <> 'empty' order by feature$$,
    'every feature can have a category, the aspect too');

select * from finish();
rollback;
