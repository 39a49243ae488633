-- Robustness by hand; drift by scipy (kstwobign.sf) and by its formula.
begin;
create extension pgtap;
\ir fixture.sql
select plan(6);

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

select * from finish();
rollback;
