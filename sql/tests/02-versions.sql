-- Versions, their predictions, and pairs of them. Figures by hand, and by scipy.
begin;
create extension pgtap;
\ir fixture.sql
select plan(18);

select results_eq(
    $$select model, version, test_correct, test_accuracy, aliases, is_newest, seconds_per_epoch
        from analysis.model_version
       order by model, version$$,
    $$values ('big', 1, 8, 0.8::float8, '{}'::text[], true, 1.5::float8),
             ('small', 1, 7, 0.7, '{production}', false, 1.5),
             ('small', 2, 8, 0.8, '{}', true, 1.5)$$,
    'versions with their test results');
select ok(
    (select abs(test_accuracy_lower - 0.39677814746114537) < 1e-12 and abs(test_accuracy_upper - 0.8922087325936989) < 1e-12
       from analysis.model_version
      where model = 'small' and version = 1),
    'Wilson''s interval of 7 in 10');
select results_eq(
    $$select index from analysis.misclassified_sample where model = 'small' and version = 1 order by index$$,
    'values (0), (1), (2)', 'the misclassified samples of a version');
select results_eq(
    $$select label::integer, predicted::integer, samples, round(mean_confidence::numeric, 6)
        from analysis.confusion
       where model = 'small' and version = 1
       order by label$$,
    'values (0, 1, 2::bigint, 0.8), (1, 0, 1, 0.8)', 'the confusion matrix without its diagonal');
select results_eq(
    $$select label::integer, class_name, samples, correct, accuracy
        from analysis.class_accuracy where model = 'small' and version = 1 order by label$$,
    $$values (0, 'even', 5::bigint, 3::bigint, 0.6::float8), (1, 'odd', 5, 4, 0.8)$$, 'accuracy by class');
select results_eq(
    $$select count(*), count(*) filter (where is_correct) from analysis.prediction where model = 'big'$$,
    'values (10::bigint, 8::bigint)', 'a prediction for every test sample');
select results_eq(
    $$select both_correct, only_a_correct, only_b_correct, neither_correct, test_samples
        from analysis.agreement
       where a_model = 'small' and a_version = 1 and b_model = 'big'$$,
    'values (6::bigint, 1::bigint, 2::bigint, 1::bigint, 10)', 'which samples both, one or neither get right');
select results_eq(
    $$select round(mcnemar_exact_p::numeric, 12), round(mcnemar_mid_p::numeric, 12)
        from analysis.agreement
       where a_model = 'small' and a_version = 1 and b_model = 'big'$$,
    'values (1.0, 0.625)', 'McNemar''s test of 1 against 2: two tails of four eighths; less three eighths');
select results_eq(
    $$select samples, errors, error_rate, error_rate_outside, ratio
        from analysis.category_error
       where model = 'small' and version = 1 and category = 'tilted'$$,
    'values (2::bigint, 1::bigint, 0.5::float8, 0.25::float8, 2::float8)', 'errors in and out of a category');
select results_eq(
    $$select errors, unexplained from analysis.unexplained_error where model = 'small' and version = 1$$,
    'values (3::bigint, 2::bigint)', 'errors without any deviation');
select results_eq(
    $$select ratio, round(ratio_lower::numeric, 9), round(ratio_upper::numeric, 9)
        from analysis.category_error
       where model = 'small' and version = 1 and category = 'tilted'$$,
    'values (2::float8, 0.302648893, 9.311385404)', 'and Koopman''s interval of 1 in 2 against 2 in 8');
select results_eq(
    $$select label::integer, samples, errors, error_rate, round(error_rate_lower::numeric, 9),
             round(error_rate_upper::numeric, 9)
        from analysis.category_class_error
       where model = 'small' and version = 1 and category = 'tilted'$$,
    'values (0, 2::bigint, 1::bigint, 0.5::float8, 0.094531206, 0.905468794)',
    'and in it by class, with Wilson''s interval of 1 in 2 as SciPy gives it');
select results_eq(
    $$select distinct aspect from analysis.sample_feature$$, 'values (0.5::real)', 'width by height of the bounding box');
select results_eq(
    $$select feature, side, threshold, minimum_deviation
        from analysis.error_category
       where category = 'tilted'
       order by side$$,
    $$values ('slant', 'above', 2::float8, 1::float8), ('slant', 'below', 2, 1)$$, 'the rules of a category');
select results_eq(
    $$select class_name, median, round(deviation::numeric, 6)
        from analysis.class_feature
       where feature = 'slant'
       order by label$$,
    $$values ('even', -1::float8, 1.4826), ('odd', 0, 1.4826)$$,
    'the training samples lean by −2 and 0 degrees, and by −1 and 1');

select is(
    analysis.verdict('a', 'b', 300, 1300, 10000, 0),
    'b is better than a by 10.00 points of accuracy; the difference is significant (p < 10⁻³⁰⁰).',
    'a p value too small for a number');
delete from registry.model_alias;
select results_eq(
    'select alias, number from registry.model_alias_history order by number nulls last',
    $$values ('production', 1), ('production', null)$$, 'every move of an alias is kept');
delete from registry.model_version where run_id = 2;
select results_eq(
    'select model, version, is_newest from analysis.model_version order by model',
    $$values ('big', 1, true), ('small', 1, true)$$, 'when the newest is deleted, the one before is the newest');

select * from finish();
rollback;
