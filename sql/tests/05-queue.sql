-- The queue in its order, what the views show of claims, and the gate of retrainings.
begin;
create extension pgtap;
\ir fixture.sql
select plan(13);

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

-- McNemar's exact test of 10 against 25 has p = 0.0166738 (binomial, two-sided), of 9 against 3 p = 0.1459961.
select results_eq(
    'select passes, round(p::numeric, 7) from analysis.gate(25, 10, 0.97, 0.05, 0)', 'values (false, 0.0166738)',
    'significantly worse');
select is((analysis.gate(25, 10, 0.97, 0.01, 0)).passes, true, 'but not at a stricter level');
select results_eq(
    'select passes, round(p::numeric, 7) from analysis.gate(9, 3, 0.97, 0.05, 0)', 'values (true, 0.1459961)',
    'worse by chance');
select is((analysis.gate(10, 25, 0.97, 0.05, 0)).passes, true, 'significantly better');
select results_eq(
    'select passes, reason from analysis.gate(0, 50, 0.97, 0.05, 0.98)',
    $$values (false, 'accuracy 0.9700 is below the minimum of 0.98')$$, 'better, and still not good enough');

select * from finish();
rollback;
