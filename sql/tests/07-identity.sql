-- What is the same: samples by their split, networks by their layers, whatever their names.
begin;
create extension pgtap;
\ir fixture.sql
select plan(11);

-- Another training split with the same test split, its classes in other words; and a network that is called otherwise.
insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (3, repeat('3', 64), 4, 1, 1, 1, 2), (4, repeat('4', 64), 4, 2, 1, 1, 2);
insert into registry.sample (split_id, index, label, pixels)
select split_id, index, index % 2, case split_id when 3 then '\x01' else '\x0101' end::bytea
  from registry.split, generate_series(0, 3) as index
 where split_id in (3, 4);
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('cleaned', 1, '{pair,impair,neither}', 3, 2, 0.1, 0.2, 'made', 'none');

insert into registry.model (name, last_version_number) values ('cleaner', 1);
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select 9, model.model_id, dataset.dataset_id, '{"architecture": "small"}', 10, 1, 'succeeded', 1, 1, now(), now()
  from registry.model, registry.dataset
 where model.name = 'cleaner'
   and dataset.name = 'cleaned';
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
values (9, 1, 0.1, 0.5, 4, 4, 1.5, 0.6, 9, 10, 0.1);
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 9, sample_id, 1, 1, 0.8, 1.6, '{0.2,0.8,0}' from registry.sample where split_id = 2 and index = 0;
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 1, 9, 1, repeat('1', 64) from registry.model where name = 'cleaner';
set constraints all immediate;

select results_eq(
    $$select both_correct, only_a_correct, only_b_correct, neither_correct, test_samples
        from analysis.agreement
       where a_model = 'small' and a_version = 1 and b_model = 'cleaner'$$,
    'values (7::bigint, 0::bigint, 2::bigint, 1::bigint, 10)', 'versions tested on one split are compared, whatever they learned from');
select results_eq(
    $$select dataset.name, tested.versions, tested.architectures
        from registry.dataset
       cross join lateral analysis.tested_versions(dataset.dataset_id) as tested
       order by name$$,
    $$values ('cleaned', 4::bigint, 2::bigint), ('toy', 4, 2)$$, 'and counted together; one architecture in two models is one');
select results_eq(
    $$select dataset, index, missed_by, missed_share, missed_by_all
        from analysis.sample_difficulty
       where index in (0, 1)
       order by dataset, index$$,
    $$values ('cleaned', 0, 4::bigint, 1::float8, true), ('cleaned', 1, 1, 1.0 / 3 / 2, false),
             ('toy', 0, 4, 1, true), ('toy', 1, 1, 1.0 / 3 / 2, false)$$,
    'what is hard is so under either name');
select results_eq(
    $$select dataset, array_agg(class_name order by label) from analysis.class_difficulty group by dataset order by dataset$$,
    $$values ('cleaned', '{pair,impair}'::text[]), ('toy', '{even,odd}')$$, 'in its own words');
select results_eq(
    $$select dataset, dataset_version, test_samples from analysis.model_version where model = 'cleaner'$$,
    $$values ('cleaned', 1, 10)$$, 'a version tells its data and how many samples it was tested on');
select results_eq(
    $$select count(distinct test_fingerprint), count(distinct fingerprint) from analysis.dataset$$,
    'values (1::bigint, 2::bigint)', 'data sets with one test split have its fingerprint in common, but not that of their whole');
select throws_ok(
    $$insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                                    training_standard_deviation, source, licence)
      values ('mixed', 1, '{even,odd}', 4, 2, 0.1, 0.2, 'made', 'none')$$,
    '23514', null, 'images of its splits have one size');
select throws_ok(
    $$insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                                    training_standard_deviation, source, licence)
      values ('nameless', 1, '{even}', 3, 2, 0.1, 0.2, 'made', 'none')$$,
    '23514', null, 'each label has a name');

create temporary table network as
select registry.architecture_of(configuration) as architecture, position
  from (values ('{"architecture": {"name": "a", "input": {"channels": 1, "height": 2, "width": 2}, "layers": [{"dense": 2}]}}'::jsonb, 1),
               ('{"architecture": {"layers": [{"dense": 2}], "name": "b", "input": {"width": 2, "height": 2, "channels": 1}}, "seed": 2}', 2),
               ('{"architecture": {"name": "a", "input": {"channels": 1, "height": 2, "width": 2}, "layers": [{"dense": 3}]}}', 3),
               ('{"architecture": {"name": "a", "input": {"channels": 1, "height": 2, "width": 3}, "layers": [{"dense": 2}]}}', 4))
           as given (configuration, position);
select results_eq(
    'select count(distinct architecture) from network where position in (1, 2)', 'values (1::bigint)',
    'the same layers under other names, in another order of keys, with another seed');
select results_eq('select count(distinct architecture) from network', 'values (3::bigint)', 'other layers, or another input');
select is_empty(
    $$select from registry.architecture where fingerprint <> sha256(convert_to(definition::text, 'UTF8'))$$,
    'are told apart by SHA-256');

select * from finish();
rollback;
