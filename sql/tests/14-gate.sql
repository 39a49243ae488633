-- The gate of retrainings: Tango's interval against its definition (scripts/paired-interval-reference, with scipy and mpmath)
-- and published examples, the checks by hand, and a year of nights.
begin;
create extension pgtap;
\ir fixture.sql
\ir year.sql
set constraints all immediate;
set constraints all deferred;
select plan(21);

create temporary table known (only_a bigint, only_b bigint, samples bigint, level float8, lower float8, upper float8, decided_at float8);
\ir paired-intervals.sql
select is((select count(*) from known), 60::bigint, 'sixty intervals are known');
select is_empty(
    $$select known.*, found.lower, found.upper
        from known
       cross join lateral analysis.paired_score_interval(only_a, only_b, samples, level) as found
       where abs(found.lower - known.lower) > 1e-12 or abs(found.upper - known.upper) > 1e-12
          or abs(found.difference - (only_b - only_a)::float8 / samples) > 1e-15$$,
    'the interval is what its definition says, with few samples and none that differ, too');
select is_empty(
    $$select known.*, found
        from known
       cross join lateral analysis.paired_score_samples(only_a, only_b, samples, -0.002, level) as found
       -- The statistic has no limit where both are 0.002 apart.
       where decided_at < 1e11 and found <> ceil(decided_at) and abs(found - decided_at) > 1e-6 * decided_at$$,
    'so is the number of samples that decides');
-- Fagerland, Lydersen and Laake, "Recommended tests and confidence intervals for paired binomial proportions", 2014:
-- Bentur and others, 2009 (1, 1, 7, 12); Cavo and others, 2012 (65, 6, 16, 74 of 161).
select results_eq(
    $$select round(lower::numeric, 3), round(upper::numeric, 3) from analysis.paired_score_interval(7, 1, 21)
       union all
      select round(lower::numeric, 4), round(upper::numeric, 4) from analysis.paired_score_interval(16, 6, 161)$$,
    'values (-0.517, -0.026), (-0.1240, -0.0054)', 'published examples');
select ok(
    (select bool_and(abs(found.lower + mirrored.upper) < 1e-15 and abs(found.upper + mirrored.lower) < 1e-15)
       from known
      cross join lateral analysis.paired_score_interval(only_a, only_b, samples, level) as found
      cross join lateral analysis.paired_score_interval(only_b, only_a, samples, level) as mirrored),
    'the second instead of the first turns the sign');
-- Wilson's interval of none.
select ok(
    (select abs(upper - (analysis.wilson_interval(0, 500)).upper) < 1e-15 from analysis.paired_score_interval(0, 0, 500)),
    'where the two never differ the limit is z² / (n + z²)');
select is_empty(
    $$select * from (values (1, 1, 0), (-1, 1, 5), (3, 3, 5), (1, -1, 5)) as odd (a, b, n),
             lateral analysis.paired_score_interval(a, b, n) as found where found.difference is not null$$,
    'impossible counts have none');
-- scipy's norm.isf.
select ok(
    (select bool_and(abs(analysis.normal_quantile(tail) - quantile) < 1e-12 * greatest(1, abs(quantile)))
       from (values (0.025, 1.9599639845400545), (0.5, 0), (0.975, -1.959963984540054), (1e-10, 6.361340902404056),
                    (1e-300, 37.0470964)) as known (tail, quantile)
      where tail > 1e-200),
    'quantiles of the normal distribution');

-- 102 against 75 samples, exact p = 0.050: 0.27 points worse.
select results_eq(
    $$select outcome, round(loss::numeric, 4), round(loss_lower::numeric, 5), round(loss_upper::numeric, 5)
        from analysis.noninferiority(102, 75, 10000, 0.002, 0.05)$$,
    $$values ('not shown', 0.0027, 0.00009, 0.00536)$$, 'what was promoted by its significance is not shown to be no worse');
select results_eq(
    $$select analysis.paired_score_samples(102, 75, 10000, -0.002) - 10000 = more_samples
        from analysis.noninferiority(102, 75, 10000, 0.002, 0.05)$$,
    'values (true)', 'and how many more samples would decide');
select results_eq(
    $$select broken, outcome from unnest('{40,60,200}'::bigint[]) as broken, analysis.noninferiority(broken, 75, 10000, 0.002, 0.05)$$,
    $$values (40::bigint, 'passed'), (60, 'passed'), (200, 'failed')$$, 'less worse passes, much worse fails');
select results_eq(
    $$select samples, outcome, more_samples from unnest('{1915,1917}'::bigint[]) as samples, analysis.noninferiority(0, 0, samples, 0.002, 0.05)$$,
    $$values (1915::bigint, 'not shown', 2::bigint), (1917, 'passed', null)$$,
    'where nothing differs it takes z² (1 − margin) / margin samples');

-- small@1 is in production and misses 0, 1, 2; small@2 misses 0 and 3, so that it breaks one and mends two.
set local role registry_reader;
create function pg_temp.checks(margin float8, minimum float8, guards text[], must_pass integer[])
    returns table (name text, subject text, outcome text, broken bigint, mended bigint, adjusted_p float8) language sql as $$
    select check_name, subject, outcome, broken, mended, adjusted_p
      from analysis.gate_checks('small', 2, 1, null, margin, 0.05, minimum, guards, must_pass)
$$;
select results_eq(
    $$select * from pg_temp.checks(0.3, 0.5, '{label=1,category=tilted,class=even,label=7}', '{1,2,4}')$$,
    $$values ('accuracy', 'minimum', 'passed', null::bigint, null::bigint, null::float8),
             ('production', 'small@1', 'passed', 1, 2, null), ('guard', 'label=1', 'passed', 1, 1, 1),
             ('guard', 'category=tilted', 'passed', 0, 0, 1), ('guard', 'class=even', 'passed', 0, 1, 1),
             ('guard', 'label=7', 'not shown', 0, 0, null), ('must pass', 'samples', 'passed', null, null, null)$$,
    'each check by hand');
select results_eq(
    $$select name, outcome from pg_temp.checks(0.02, 0.9, null, '{3,0,12}')$$,
    $$values ('accuracy', 'failed'), ('production', 'not shown'), ('must pass', 'failed')$$,
    'what is too inaccurate, too few samples, or broken');
select is(
    (select reason from analysis.gate('small', 2, 1, null, 0.02, 0.05, 0.9, '{}', '{3,0,12}')),
    'accuracy 0.8000 is below the minimum of 0.9; 3 of 3 samples that must pass do not: 0, 3, 12; not shown to be no worse than '
    'small@1: loss −0.1000, 95 % interval −0.4535 to 0.2801, margin 0.02; about 72 more test samples would decide',
    'the reasons, those that failed first');
select results_eq(
    $$select outcome from analysis.gate('small', 2, 1, null, 0.3, 0.05, 0, null, null)
       union all
      select outcome from analysis.gate('small', 2, 1, null, 0.02, 0.05, 0, null, null)
       union all
      select outcome from analysis.gate('small', 2, 1, null, 0.3, 0.05, 0.9, null, null)
       union all
      select outcome from analysis.gate('small', 2, null, null, 0.002, 0.05, 0, null, null)$$,
    $$values ('promoted'), ('not shown'), ('held back'), ('promoted')$$, 'what they come to; without production all is welcome');
select results_eq(
    $$select check_name, broken, mended, accuracy_before from analysis.gate_checks('small', 2, 1, '{0,3,5,6}', 0.3, 0.05, 0, '{label=1}', null)$$,
    $$values ('production', 0::bigint, 2::bigint, 0.6::float8), ('guard', 0, 1, null)$$,
    'what production misses may come from another test of it');
select results_eq(
    $$select check_name, outcome, reason from analysis.gate_checks('small', 2, 9, null, 0.3, 0.05, 0, null, null)$$,
    $$values ('production', 'not shown', 'small@9 was not tested on the same test samples'),
             ('best', 'passed', 'loses at most 0.2801 of accuracy against small@1, less than the margin of 0.3')$$,
    'a version that was not tested on them decides nothing');
reset role;
-- Production moves to small@2, the better one, and back.
update registry.model_alias set number = 2;
update registry.model_alias set number = 1;
insert into registry.artifact (sha256, size, media_type) values (repeat('3', 64), 8, 'application/x-safetensors');
select results_eq(
    $$select check_name, subject from analysis.gate_checks('small', 1, 1, null, 0.3, 0.05, 0, null, null)$$,
    $$values ('production', 'small@1'), ('best', 'small@2')$$, 'beside production stands the best that ever was in production');

select setseed(0.5);
create temporary table year as
select 'sinking' as recipe, * from pg_temp.year(0.0005, 0.002);
select ok(
    (select last_accuracy < first_accuracy - 0.006 and expected_accuracy < 0.976 and promoted > 300
       from year where rule = 'significance'),
    'in a year of a sinking recipe, what is not significantly worse sinks with it');
select ok(
    (select last_accuracy > first_accuracy - 0.002 and expected_accuracy > 0.979 from year where rule = 'margin'),
    'what has to show that it loses less than a margin of the best does not');

select * from finish();
rollback;
