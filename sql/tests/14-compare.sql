-- Versions compared each with each: thirty test samples of three classes in turn. Of those that are not of class 2, a and d
-- miss none, b the first ten and c the first twelve; b takes them for class 2, c takes class 0 for 1.
begin;
create extension pgtap;
select plan(4);

insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (1, repeat('1', 64), 4, 1, 1, 1, 3), (2, repeat('2', 64), 30, 1, 1, 1, 3);
insert into registry.sample (split_id, index, label, pixels)
select split_id, index, index % 3, '\x00'::bytea
  from registry.split, generate_series(0, samples - 1) as index;
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('thirds', 1, '{zero,one,two}', 1, 2, 0.1, 0.2, 'made', 'none');

create temporary table made (run_id bigint, model text, missed integer, weights text);
insert into made
values (1, 'a', 0, repeat('1', 64)), (2, 'b', 10, repeat('2', 64)), (3, 'c', 12, repeat('1', 64)),
       (4, 'd', 0, repeat('3', 64));
insert into registry.model (name, last_version_number) select model, 1 from made;
insert into registry.artifact (sha256, size, media_type)
select distinct weights, 8, 'application/x-safetensors' from made;
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select made.run_id, model.model_id, dataset.dataset_id, jsonb_build_object('architecture', made.model), 10, 1,
       'succeeded', 1, 1, now(), now()
  from made
  join registry.model on model.name = made.model
 cross join registry.dataset;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select run_id, 1, 0.1, 0.5, 4, 4, 1.5, 0.6, 30 - missed, 30, 0.1
  from made;
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select made.run_id, sample.sample_id, 1, answer.predicted, 0.8, 2.3,
       case answer.predicted when 1 then '{0.1,0.8,0.1}' else '{0.1,0.1,0.8}' end::real[]
  from made
  join (select sample.*, row_number() over (order by index) as place
          from registry.sample
         where split_id = 2
           and label < 2) as sample
    on sample.place <= made.missed
 cross join lateral (select case when made.model = 'c' and sample.label = 0 then 1 else 2 end as predicted) as answer;
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model.model_id, 1, made.run_id, 1, made.weights
  from made
  join registry.model on model.name = made.model;
-- One loss of c is not finite, and of d none is known.
insert into registry.test_loss (run_id, epoch, losses)
select run_id, 1, array(select case when model = 'c' and index = 7 then 'Infinity' else run_id * (index % 5) / 8.0 end::real
                          from generate_series(0, 29) as index)
  from made
 where model <> 'd';

create temporary table compared as
select row_number() over () as place, * from analysis.compare('{a,b,c,d}', '{1,1,1,1}');
-- Of n samples that one alone misses, and none the other: p = 2 · 2⁻ⁿ. Holm: six times the smallest, five, four, …
select results_eq(
    'select a, b, mcnemar_exact_p, adjusted_p from compared order by place',
    $$values ('a@1', 'b@1', 2 * 0.5::float8 ^ 10, 8 * 0.5::float8 ^ 10), ('a@1', 'c@1', 0.5 ^ 11, 6 * 0.5 ^ 11),
             ('a@1', 'd@1', 1, 1), ('b@1', 'c@1', 0.5, 1), ('b@1', 'd@1', 2 * 0.5 ^ 10, 8 * 0.5 ^ 10),
             ('c@1', 'd@1', 0.5 ^ 11, 6 * 0.5 ^ 11)$$,
    'each pair has a p value of its own, raised for six');
select results_eq(
    'select loss_samples, loss_difference, same_weights from compared order by place',
    $$values (30, 0.25::float8, false), (30, null, true), (null, null, false), (30, null, false), (null, null, false),
             (null, null, false)$$,
    'losses are compared where both were kept, without a difference where one is not finite');
select results_eq(
    $$select split_part(verdict, ' points', 1) from compared where place in (1, 2) order by place$$,
    $$values ('a@1 is better than b@1 by 33.33'), ('a@1 and c@1 have the same weights.')$$,
    'of equal weights no other verdict is needed');
select results_eq(
    $$select sample.index, hard.commonest_prediction::integer, round(hard.label_doubt::numeric, 6)
        from registry.dataset
       cross join lateral analysis.hard_samples(dataset.dataset_id) as hard
        join registry.sample using (sample_id)
       where sample.index in (0, 1)
       order by index$$,
    'values (0, 1, 0.2), (1, 2, 0.4)', 'of two classes with as many votes, the smaller is named');

select * from finish();
rollback;
