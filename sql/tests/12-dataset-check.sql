-- A data set of two pixels an image, in colour of one channel, with faults that can be counted by hand.
begin;
create extension pgtap;
select plan(17);

insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (1, repeat('1', 64), 4, 1, 1, 2, 2), (2, repeat('2', 64), 10, 1, 1, 2, 3);
-- Training 1 and test 0 are one image under one label, training 2 and test 2 one under two; training 3 is constant.
insert into registry.sample (split_id, index, label, pixels)
values (1, 0, 0, '\x0102'), (1, 1, 0, '\x0103'), (1, 2, 0, '\x0104'), (1, 3, 1, '\x0505'),
       (2, 0, 0, '\x0103'), (2, 1, 0, '\x0201'), (2, 2, 2, '\x0104'), (2, 3, 0, '\x0203'), (2, 4, 0, '\x0203'),
       (2, 5, 0, '\x0204'), (2, 6, 0, '\x0205'), (2, 7, 0, '\x0206'), (2, 8, 0, '\x0207'), (2, 9, 0, '\x0208');
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('toy', 1, '{a,b,c}', 1, 2, 0.1, 0.2, 'made', 'none'), ('clean', 1, '{a,b,c}', 2, 2, 0.1, 0.2, 'made', 'none');
create temporary view toy as select dataset_id from registry.dataset where name = 'toy';

select results_eq(
    'select finding, cases, samples, across_splits, test_learned from toy, analysis.dataset_findings(dataset_id)',
    $$values ('exact duplicates', 3::bigint, 6::bigint, 2::bigint, 2::bigint),
             ('exact duplicates, several labels', 1, 2, 1, 1), ('near duplicates', null, null, null, null),
             ('near duplicates, two labels', null, null, null, null), ('constant images', 1, 1, null, null),
             ('classes without samples', 2, null, null, null)$$,
    'before a search, what there is of near duplicates is not known');
select results_eq(
    'select places, samples, test_samples, has_several_labels, class_names from toy, analysis.duplicate_images(dataset_id)
      order by sample_id',
    $$values ('{training:1,test:0}'::text[], 2::bigint, 1::bigint, false, '{a}'::text[]),
             ('{training:2,test:2}', 2, 1, true, '{a,c}'), ('{test:3,test:4}', 2, 2, false, '{a}')$$,
    'the same image twice');
select is(
    (select array_agg(distinct digest) from toy, analysis.duplicate_images(dataset_id) where has_several_labels),
    array[encode(sha256('\x0104'), 'hex')], 'a digest is SHA-256 of the pixels');
select results_eq(
    'select split, index, intensities from toy, analysis.constant_images(dataset_id)',
    $$values ('training', 3, '{5}'::integer[])$$, 'an image of one intensity');
select results_eq(
    'select split, absent_classes, largest_class, largest_samples, smallest_class, smallest_samples, ratio
       from toy, analysis.class_imbalance(dataset_id)',
    $$values ('training', '{c}'::text[], 'a', 3::bigint, 'c', 0::bigint, null::float8),
             ('test', '{b}', 'a', 9, 'b', 0, null)$$, 'a class without samples has no ratio');
select ok(
    (select abs(effective_classes - 1.7547653506033232) < 1e-12
       from toy, analysis.class_imbalance(dataset_id) where split = 'training'),
    'e to the entropy of 3/4 and 1/4');
select results_eq(
    'select test.index, leaked.is_exact
       from toy, analysis.leaked_samples(dataset_id) as leaked join registry.sample as test using (sample_id) order by 1',
    'values (0, true), (2, true)', 'test samples whose image was learned');

insert into registry.duplicate_search (dataset_id, images, searched) select dataset_id, 11, 11 from toy;
-- Test 1 is nearly training 0; test 5 is nearly test 6, which nobody learned.
insert into registry.near_duplicate (dataset_id, sample_id, of_sample_id, distance)
select toy.dataset_id, later.sample_id, earlier.sample_id, 0.05
  from toy
 cross join (values (1, 1, 0), (6, 2, 5)) as pair (later, of_split, earlier)
  join registry.sample as later on later.split_id = 2 and later.index = pair.later
  join registry.sample as earlier on earlier.split_id = pair.of_split and earlier.index = pair.earlier;

select results_eq(
    'select finding, cases, across_splits, test_learned from toy, analysis.dataset_findings(dataset_id)
      where finding like ''near%''',
    $$values ('near duplicates', 2::bigint, 1::bigint, 1::bigint), ('near duplicates, two labels', 0, 0, 0)$$,
    'pairs of near duplicates');
select results_eq(
    'select test.index, leaked.is_exact
       from toy, analysis.leaked_samples(dataset_id) as leaked join registry.sample as test using (sample_id) order by 1',
    'values (0, true), (1, false), (2, true)', 'and those that nearly were');
select results_eq(
    'select is_exact, split, index, class_name, of_split, of_index, of_class_name
       from toy, analysis.label_conflicts(dataset_id)',
    $$values (true, 'test', 2, 'c', 'training', 2, 'a')$$, 'one image under two labels');
select is_empty(
    $$select from registry.dataset cross join lateral analysis.label_conflicts(dataset_id) where name = 'clean'$$,
    'and none where there is none');

-- A version that misses the test samples 1, 2 and 9: of three leaked ones it classifies one, of seven others six.
insert into registry.model (name, last_version_number) values ('m', 1);
insert into registry.artifact (sha256, size, media_type) values (repeat('1', 64), 8, 'application/x-safetensors');
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select 1, model_id, dataset_id, '{"architecture": "m"}', 10, 1, 'succeeded', 1, 1, now(), now()
  from registry.model, toy;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
values (1, 1, 0.1, 0.5, 4, 4, 1.5, 0.6, 7, 10, 0.1);
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 1, sample_id, 1, 1, 0.8, 1.6, '{0.1,0.8,0.1}' from registry.sample where split_id = 2 and index in (1, 2, 9);
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 1, 1, 1, repeat('1', 64) from registry.model;

select results_eq(
    'select model, version, test_correct, test_samples, leaked_correct, leaked_samples, clean_correct, clean_samples
       from toy, analysis.leaked_accuracy(dataset_id)',
    $$values ('m', 1, 7::bigint, 10::bigint, 1::bigint, 3::bigint, 6::bigint, 7::bigint)$$,
    'what a version classifies, of leaked samples and of the others');
-- statsmodels' proportion_confint(method="wilson")
select ok(
    (select abs(test_accuracy - 0.7) < 1e-15 and abs(leaked_accuracy - 1 / 3.0) < 1e-15 and abs(clean_accuracy - 6 / 7.0) < 1e-15
        and abs(test_accuracy_lower - 0.39677814746114537) < 1e-12 and abs(test_accuracy_upper - 0.8922087325936989) < 1e-12
        and abs(leaked_lower - 0.06149194472039626) < 1e-12 and abs(leaked_upper - 0.7923403991979523) < 1e-12
        and abs(clean_lower - 0.4868721707256809) < 1e-12 and abs(clean_upper - 0.9743203756552563) < 1e-12
       from toy, analysis.leaked_accuracy(dataset_id)),
    'accuracies and their Wilson intervals');
select is_empty(
    $$select from registry.dataset cross join lateral analysis.leaked_accuracy(dataset_id) where name = 'clean'$$,
    'versions that were trained on another split are not listed');

select throws_ok(
    $$insert into registry.near_duplicate (dataset_id, sample_id, of_sample_id, distance)
      select toy.dataset_id, later.sample_id, earlier.sample_id, 0.1
        from toy, registry.sample as later, registry.sample as earlier
       where later.split_id = 2 and later.index = 0 and earlier.split_id = 1 and earlier.index = 1$$,
    '23514', null, 'the same image is no near duplicate');
select throws_ok(
    'update registry.near_duplicate set distance = 0.2', '23514', null, 'pairs are replaced, not changed');
delete from registry.duplicate_search;
select is_empty('select from registry.near_duplicate', 'a new search removes what an earlier one found');

select * from finish();
rollback;
