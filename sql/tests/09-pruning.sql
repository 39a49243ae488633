-- Pruning a run's epochs and deleting its version commute.
begin;
create extension pgtap;
\ir fixture.sql
select plan(6);

-- A second and a third epoch before which samples were missed that the version of the third no longer misses.
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select 7, model_id, dataset_id, '{"architecture": "small"}', 10, 3, 'succeeded', 3, 1, now(), now()
  from registry.run
 where run_id = 1;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select 7, epoch, 0.1, 0.5, 4, 4, 1.5, 0.6, 8, 10, 0.1 from generate_series(1, 3) as epoch;
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select 7, sample_id, epoch, 1, 0.8, 1.6, '{0.2,0.8}'
  from registry.sample
  join (values (1, 2), (2, 4), (3, 6), (1, 8), (2, 8), (3, 8)) as missed (epoch, index) using (index)
 where split_id = 2;
create temporary table sums as
select sample_id, versions, learned_versions, learned_epoch_sum, forgotten from registry.sample_learning;
update registry.model set last_version_number = 3 where name = 'small';
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model_id, 3, 7, 3, repeat('1', 64) from registry.model where name = 'small';
set constraints all immediate;
set constraints all deferred;
select results_eq(
    $$select index, mean_learned_epoch, round(mean_forgotten::numeric, 6)
        from registry.sample
        join analysis.learning_of_samples((select min(dataset_id) from registry.dataset),
                                          array(select sample_id from registry.sample where split_id = 2), 'small')
            using (sample_id)
       where index in (2, 4, 6, 8)
       order by index$$,
    $$values (2, 1.5::float8, 0.0), (4, 1, 0.333333), (6, 1, 0.333333), (8, 1, 0.0)$$,
    'sample 2 is learned in the second epoch, 4 and 6 in the first and forgotten once, 8 by the two other versions alone');
select is_empty('select * from registry.differences() where differing <> 0', 'nothing differs with several epochs');
delete from registry.epoch_metric where run_id = 7 and epoch < 3;
set constraints all immediate;
set constraints all deferred;
select is_empty('select * from registry.differences() where differing <> 0', 'nor when those before a version''s are pruned');
delete from registry.model_version where run_id = 7;
set constraints all immediate;
set constraints all deferred;
select is_empty('select * from registry.differences() where differing <> 0', 'nor when the version is deleted then');
select results_eq(
    'select sample_id, versions, learned_versions, learned_epoch_sum, forgotten from registry.sample_learning order by sample_id, versions',
    'select * from sums order by sample_id, versions', 'the sums are those before it');
delete from registry.model_alias;
delete from registry.model_version;
set constraints all immediate;
set constraints all deferred;
select is_empty(
    $$select from registry.sample_learning union all select from registry.missed_sample union all select from registry.version_learning$$,
    'without versions nothing is left');

select * from finish();
rollback;
