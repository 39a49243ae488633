-- The queue in its order, and what the views show of claims.
begin;
create extension pgtap;
\ir fixture.sql
select plan(8);

insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, available_at)
overriding system value
select number, model_id, dataset_id, '{}', 1, 5, now() + pause
  from (values (11, interval '-1 second'), (12, interval '-2 seconds'), (13, interval '1 hour')) as added (number, pause),
       registry.dataset,
       registry.model
 where model.name = 'small';

select results_eq(
    'select queued, delayed, running, abandoned, oldest_wait_seconds from analysis.queue',
    'values (3::bigint, 1::bigint, 0::bigint, 0::bigint, 2::float8)', 'the queue before anybody claims');
select is((registry.claim_run('a', 'host', 'processor', 1, '0')).run_id, 12::bigint, 'the one that waits longest');
select is((registry.claim_run('b', 'host', 'processor', 1, '0')).run_id, 11::bigint, 'then the next');
select is_empty($$select registry.claim_run('c', 'host', 'processor', 1, '0')$$, 'one that is put off is not taken');
select results_eq(
    $$select run, state, attempts, worker, is_abandoned from analysis.job order by run$$,
    $$values (11::bigint, 'running', 1, 'b', false), (12, 'running', 1, 'a', false),
             (13, 'queued', 0, null, false)$$,
    'the jobs');

update registry.run set lease_expires_at = now() - interval '1 second' where run_id = 11;
select is((select abandoned from analysis.queue), 1::bigint, 'a lease that has run out');
select results_eq(
    $$select run_id, fence, attempts from registry.claim_run('c', 'host', 'processor', 1, '0')$$,
    'values (11::bigint, 2::bigint, 2)', 'its run is taken over, with a higher number');
select results_eq(
    'select fence, worker, outcome from analysis.attempt where run = 11 order by fence',
    $$values (1::bigint, 'b', 'lost'), (2, 'c', null)$$, 'both attempts are kept');

select * from finish();
rollback;
