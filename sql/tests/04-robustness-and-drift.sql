-- Robustness by hand; drift by scipy (kstwobign.sf) and by its formula.
begin;
create extension pgtap;
\ir fixture.sql
select plan(15);

select results_eq(
    $$select strength, round(accuracy_lost::numeric, 12) from analysis.robustness where strength in (-10, 0, 5)
       order by strength$$,
    'values (-10::float8, 0.2), (0, 0), (5, -0.1)', 'accuracy lost against images as they are');
select results_eq(
    'select tolerated_from, tolerated_to from analysis.tolerance',
    'values (-5::float8, 10::float8)', 'what is borne ends at the first strength that is not');
select ok(
    (select bool_and(abs(analysis.kolmogorov_smirnov_p(distance, a, b) - p) < 1e-12 * greatest(p, 1e-3))
       from (values (0.0357, 60000, 10000, 6.492178278273426e-10), (0.1, 100, 100, 0.6993741991310154),
                    (0.3, 50, 80, 0.007865144117634428), (0.01, 1000, 1000, 0.9999999997843159)) as known (distance, a, b, p)),
    'Kolmogorov''s limit distribution');
select ok(
    abs(analysis.population_stability('{10,20,30,40}', '{40,30,20,10}') - 0.8719768526109903) < 1e-12,
    'the population stability index');
select is(
    (select round(distance::numeric, 12)
       from registry.dataset
      cross join lateral analysis.feature_drift(dataset_id, 'training', dataset_id, 'test')
      where feature = 'slant'),
    0.3, 'the largest distance is at one degree: all of the training split, 7 of 10 of the test split');
select is(
    (select max(stability)
       from registry.dataset
      cross join lateral analysis.class_drift(dataset_id, 'training', dataset_id, 'test')),
    0::float8, 'the classes are alike');

-- One point of accuracy is 100 of 10,000; 0.984 − 0.974 is a little more than 0.01 as floating numbers. The data set has
-- no 10,000 samples, which the triggers would tell.
set local session_replication_role = replica;
insert into registry.evaluation (model_id, number, perturbation, strength, test_loss, test_correct, test_samples,
                                 predictions, seconds)
select model_id, 1, 'blur', strength, 0.6, correct, 10000, array_fill(0::smallint, '{10000}'), 0.1
  from registry.model
 cross join (values (0, 9840), (1, 9740), (2, 9739)) as measured (strength, correct)
 where name = 'small';
set local session_replication_role = origin;
select results_eq(
    $$select tolerated_from, tolerated_to from analysis.tolerance where perturbation = 'blur'$$,
    'values (0::float8, 1::float8)', 'exactly one point of accuracy is borne');

-- Classes 3 to 1 in the training split and 1 to 3 in the test split, without features.
insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (3, repeat('3', 64), 40, 1, 1, 1, 2), (4, repeat('4', 64), 40, 1, 1, 1, 2);
insert into registry.sample (split_id, index, label, pixels)
select split_id, index, case when (index < 10) = (split_id = 3) then 1 else 0 end, '\x00'::bytea
  from registry.split, generate_series(0, 39) as index
 where split_id in (3, 4);
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('bare', 1, '{even,odd}', 3, 4, 0.1, 0.2, 'made', 'none');

select results_eq(
    $$select label::integer, a_samples, b_samples, a_share, b_share, round(stability::numeric, 9)
        from registry.dataset
       cross join lateral analysis.class_drift(dataset_id, 'training', dataset_id, 'test')
       where name = 'bare'
       order by label$$,
    $$values (0, 30::bigint, 10::bigint, 0.75::float8, 0.25::float8, 1.040342855), (1, 10, 30, 0.25, 0.75, 1.040342855)$$,
    'classes that differ: 2 · 20/41 · ln(30.5/10.5)');
select is_empty(
    $$select drift.*
        from registry.dataset as a, registry.dataset as b, analysis.feature_drift(a.dataset_id, 'test', b.dataset_id, 'test') as drift
       where a.name <> b.name$$,
    'without features on one side there is nothing to compare');
select is_empty('select * from analysis.class_drift(0, $$test$$, 0, $$test$$)', 'nor without samples');
select results_eq(
    $$select name, count(*), min(split_part(verdict, ';', 1))
        from registry.dataset
       cross join lateral analysis.drift(dataset_id, 'training', dataset_id, 'test')
       group by name
       order by name$$,
    $$values ('bare', 1::bigint, 'They differ: most in class balance, with a population stability index of 1.040'),
             ('toy', 15, 'They differ: most in slant, with a population stability index of 0.348')$$,
    'the largest shift makes the verdict');

create function pg_temp.beginning(stability float8) returns text language sql as
    $$select split_part(analysis.drift_verdict('ink', stability), ':', 1)$$;
select is(pg_temp.beginning(0.0999), 'They are alike', 'below 0.1');
select is(pg_temp.beginning(0.1), 'They differ a little', 'from 0.1 on');
select is(pg_temp.beginning(0.2499), 'They differ a little', 'below 0.25');
select is(pg_temp.beginning(0.25), 'They differ', 'from 0.25 on');

select * from finish();
rollback;
