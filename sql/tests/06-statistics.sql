-- Distributions, tests and intervals, against scipy, mpmath and formulas.
begin;
create extension pgtap;
select plan(35);

create function pg_temp.near(found float8, expected float8, tolerance float8) returns boolean language sql as
    $$select abs(found - expected) <= tolerance * greatest(abs(expected), 1e-300)$$;

-- scipy's t.ppf(0.975, n)
select ok(
    (select bool_and(pg_temp.near(analysis.student_t_quantile(n), quantile, 1e-10))
       from (values (1, 12.706204736174694), (2, 4.302652729749462), (3, 3.1824463052837078), (4, 2.7764451051977934),
                    (5, 2.5705818356363146), (10, 2.228138851986274), (30, 2.0422724563012378),
                    (199, 1.9719565442517533), (200, 1.9718962236339088), (1000, 1.9623390808264083),
                    (9999, 1.960201263621357)) as known (n, quantile)),
    'quantiles of Student''s t');
select is(analysis.student_t_quantile(0), null, 'there is none without a degree of freedom');
-- scipy's chi2.sf
select ok(
    (select bool_and(pg_temp.near(analysis.chi_squared_p(x, n), p, 1e-12))
       from (values (0.5, 1, 0.47950012218695337), (20, 2, 4.539992976248486e-05), (20, 3, 0.00016974243555282632),
                    (9, 9, 0.43727418891386693), (100, 8, 4.269159205144943e-18),
                    (1000, 1000, 0.49405285382923964), (0, 4, 1)) as known (x, n, p)),
    'tails of χ²');
select throws_ok('select analysis.chi_squared_p(1, 4000000000)', '22003', null, 'of so many degrees of freedom it would take long');
select is(analysis.chi_squared_p('NaN', 3), 'NaN'::float8, 'NaN stays NaN');
select is(analysis.complementary_error_function('NaN'), 'NaN'::float8, 'in the error function, too');
select ok(
    pg_temp.near(analysis.complementary_error_function(1e-160), 1, 1e-15), 'a tiny argument does not underflow');

-- Exact: twice the tail by mpmath with 40 digits. mid-p of equal counts: 1 − half the probability of the middle.
select ok(
    (select bool_and(pg_temp.near(found.exact_p, known.exact_p, 1e-12) and pg_temp.near(found.mid_p, known.mid_p, 1e-12))
       from (values (0, 0, 1, 1), (0, 1, 1, 0.5), (1, 1, 1, 0.75), (2, 2, 1, 0.8125), (10, 10, 1, 0.9119014739990234),
                    (0, 7, 0.015625, 0.0078125), (100, 130, 0.05561357778139239, 0.04816305344074454),
                    (1000000, 1003000, 0.03408836507943908, 0.034028743892292694),
                    (100000000, 100000000, 1, 0.9999717905208578)) as known (a, b, exact_p, mid_p)
      cross join lateral analysis.mcnemar(known.a, known.b) as found),
    'McNemar''s exact test and its mid-p form');
select ok(
    (select bool_and(pg_temp.near(found.mid_p, 1 - sum / 2, 1e-12))
       from (select n, (factorial(2 * n) / factorial(n) / factorial(n) / 4::numeric ^ n)::float8 as sum
               from generate_series(1, 200) as n) as middle
      cross join lateral analysis.mcnemar(n, n) as found),
    'mid-p of n and n: 1 − C(2n, n) / 2²ⁿ⁺¹');
select is((select chi_squared from analysis.mcnemar(0, 0)), null, 'without a sample that tells them apart there is no χ²');
select is((select chi_squared_p from analysis.mcnemar(0, 1)), 1::float8, 'one such sample is as likely as not');
select throws_ok(
    'select * from analysis.mcnemar(4000000000000000000, 4000000000000000000)', '22003', null,
    'counts beyond any test set are refused at once');
select throws_ok('select * from analysis.mcnemar(-1, 5)', '22003', null, 'and negative ones');

-- scipy's chi2.sf of the corrected χ², and its binomtest; statsmodels' proportion_confint and multipletests.
select ok(
    (select bool_and(pg_temp.near(found.exact_p, known.exact_p, 1e-9) and pg_temp.near(found.mid_p, known.mid_p, 1e-9)
                     and pg_temp.near(found.chi_squared, known.chi_squared, 1e-9)
                     and pg_temp.near(found.chi_squared_p, known.chi_squared_p, 1e-9))
       from (values (1, 1, 1, 0.75, 0.5, 0.47950012218695337), (5, 5, 1, 0.876953125, 0.1, 0.7518296340458492),
                    (1, 10, 0.01171875, 0.00634765625, 5.818181818181818, 0.015861332739773026),
                    (59, 6, 4.964650327128616e-12, 2.7258031986068867e-12, 41.6, 1.1199327149542469e-10),
                    (25, 15, 0.1538599441628321, 0.1172752059574122, 2.025, 0.15472892348537437),
                    (11, 1, 0.00634765625, 0.0034179687499999996, 6.75, 0.0093747684594349),
                    (150, 86, 3.7159361395713866e-05, 2.893389517615428e-05, 16.81779661016949, 4.114562281345944e-05),
                    (212, 397, 5.748916440675496e-14, 4.393467280140936e-14, 55.592775041050906, 8.915068575184265e-14),
                    (0, 7, 0.015625, 0.0078125, 5.142857142857143, 0.02334220201289086))
                    as known (a, b, exact_p, mid_p, chi_squared, chi_squared_p)
      cross join lateral analysis.mcnemar(known.a, known.b) as found),
    'McNemar''s tests are those of scipy and statsmodels');
select ok(
    (select exact_p < 1e-300 and mid_p < 1e-300 and pg_temp.near(chi_squared, 1992.0124875124875, 1e-9)
            and chi_squared_p < 1e-300
       from analysis.mcnemar(2, 2000)),
    'p values too small for a number are 0');
-- The last by numpy: the roots of (s / n − p)² = z² p (1 − p) / n.
select ok(
    (select bool_and(abs(found.lower - known.lower) < 1e-9 and abs(found.upper - known.upper) < 1e-9)
       from (values (0, 10, 0, 0.27753279986288926), (10, 10, 0.7224672001371106, 1),
                    (1, 10, 0.017876213095072924, 0.40415002679523854),
                    (9640, 10000, 0.9601669614379689, 0.9674766880740431),
                    (9846, 10000, 0.9819937628014999, 0.9868340659776405),
                    (9999, 10000, 0.9994337311025987, 0.9999823473263989),
                    (3, 7, 0.15821985525146964, 0.7495416354723428),
                    (154, 10000, 0.013165934022359623, 0.018006237198500134),
                    (360, 10000, 0.032523311925956866, 0.03983303856203099),
                    (7 / 6.0, 3, 0.08069071302009567, 0.82186418292547)) as known (successes, trials, lower, upper)
      cross join lateral analysis.wilson_interval(known.successes::float8, known.trials) as found),
    'Wilson''s intervals, of parts of a success too');
-- Agresti and Min's interval by numpy, with scipy's quantile.
select ok(
    (select bool_and(abs(found.difference - known.difference) < 1e-12 and abs(found.lower - known.lower) < 1e-12
                     and abs(found.upper - known.upper) < 1e-12)
       from (values (49, 257, 10000, 0.0208, 0.017386667106904456, 0.02420501455676281),
                    (150, 86, 1600, -0.04, -0.05868293572597244, -0.021217189117972615))
                    as known (a, b, samples, difference, lower, upper)
      cross join lateral analysis.paired_difference(known.a, known.b, known.samples) as found),
    'differences of accuracy have Agresti and Min''s intervals');
-- Koopman's example (36 of 40 against 16 of 80), MNIST's and extreme ones; the ends by scipy's optimize.brentq on the χ²,
-- whose most likely rates were checked with optimize.minimize_scalar.
select ok(
    (select bool_and(pg_temp.near(found.ratio, known.ratio, 1e-9) is not false
                     and (found.ratio is null) = (known.ratio is null)
                     and pg_temp.near(found.lower, known.lower, 1e-9)
                     and pg_temp.near(found.upper, known.upper, 1e-9) is not false
                     and (found.upper is null) = (known.upper is null))
       from (values (36, 40, 16, 80, 4.5, 2.9395691922149942, 7.152223434866029),
                    (14, 180, 146, 9820, 5.231354642313547, 3.0800091720058274, 8.721016047946236),
                    (37, 597, 123, 9403, 4.73793084664515, 3.311105197663599, 6.748056371187719),
                    (0, 9, 160, 9991, 0, 0, 18.80964967793602),
                    (1, 1, 159, 9999, 62.88679245283019, 12.92575309412421, 73.3729762951804),
                    (10, 10, 90, 90, 1, 0.7224672001371109, 1.042682875785489),
                    (5, 10, 0, 90, null, 12.044403352465144, null))
                    as known (inside, samples, outside, others, ratio, lower, upper)
      cross join lateral analysis.risk_ratio(known.inside, known.samples, known.outside, known.others) as found),
    'ratios of error rates have Koopman''s intervals');
select results_eq(
    $$select ratio, lower, upper
        from (values (5, 0, 9995), (0, 5, 90)) as known (samples, outside, others)
       cross join lateral analysis.risk_ratio(0, known.samples, known.outside, known.others)$$,
    'values (null::float8, null::float8, null::float8), (null, null, null)',
    'without any error, or without samples on one side, there is no ratio');

select ok(
    (select bool_and(abs(found - known) < 1e-12)
       from unnest(analysis.holm('{0.01,0.04,0.03,0.005}'), '{0.03,0.06,0.06,0.02}'::float8[]) as p (found, known)),
    'p values of several comparisons are raised as Holm says, in the order given');
select is(analysis.holm('{0.01,null,0.04,0.03}'), '{0.03,null,0.06,0.06}', 'a missing p value does not count');
select is(analysis.holm('{}'), '{}', 'nor do none');
select ok(
    (select lower is null and upper is null from analysis.wilson_interval(5, 4)),
    'more successes than trials have no interval');

-- scipy's t.interval and bootstrap(method="percentile", n_resamples=100000) of the same 1,000 differences.
select ok(
    (select pg_temp.near(difference, 0.249375, 1e-12) and pg_temp.near(lower, 0.11404113947351005, 1e-11)
            and pg_temp.near(upper, 0.38470886052649, 1e-11)
            -- A fiftieth of the standard error, 0.06897.
            and abs(lower - 0.112875) < 0.0014 and abs(upper - 0.384625) < 0.0014
       from (select array_agg((i * i % 37 / 8.0)::real order by i) as a, array_agg((i * i % 41 / 8.0)::real order by i) as b
               from generate_series(0, 999) as i) as made,
            analysis.paired_loss_difference(a, b)),
    'the interval of a loss difference is Student''s, and the bootstrap''s but for a fiftieth of its error');
select ok(
    (select abs(difference - 0.5) < 1e-12 and abs(lower + 1.4632431614775572) < 1e-12
            and abs(upper - 2.463243161477557) < 1e-12
       from analysis.paired_loss_difference('{1,2,3,4,5.5}', '{1,3,2,7,5}')),
    'and that of 0, 1, −1, 3 and −0.5');
select results_eq(
    $$select found.*
        from (values ('{1,Infinity}'::real[], '{1,Infinity}'::real[]), ('{1,NaN}', '{1,2}'), ('{1,2,3}', '{1,2}'), ('{}', '{}'))
                 as given (a, b)
       cross join lateral analysis.paired_loss_difference(given.a, given.b) as found$$,
    'select null::float8, null::float8, null::float8 from generate_series(1, 4)',
    'there is none of losses that are not finite, that are not as many, or of none');
select results_eq(
    $$select * from analysis.paired_loss_difference('{1}', '{1.5}')$$, 'values (0.5::float8, null::float8, null::float8)',
    'one sample has a difference and no interval');
select results_eq(
    $$select * from analysis.paired_loss_difference('{1,2,3}', '{1.5,2.5,3.5}')$$,
    'values (0.5::float8, null::float8, null::float8)', 'nor have differences that do not vary');

-- Losses of an exponential distribution, whose differences are far from normal.
select setseed(0.25);
create temporary table made as
select samples, array_agg((-ln(1 - first))::real) as a, array_agg((-ln(1 - second))::real) as b
  from (select samples, repetition, random() as first, random() as second
          from (values (20), (200)) as size (samples), generate_series(1, 4000) as repetition, generate_series(1, 200) as i
         where i <= samples
        offset 0) as drawn
 group by samples, repetition;
select ok(
    (select bool_and(coverage between 0.94 and 0.96)
       from (select avg((lower <= 0 and upper >= 0)::integer) as coverage
               from made, analysis.paired_loss_difference(a, b)
              group by samples) as tried),
    '94 to 96 % of the intervals of simulated losses have the true difference in them');

select results_eq(
    $$select analysis.probability_text(p) from unnest('{0.0229,1,0.00099,3.44e-35,1e-310,0}'::float8[]) as p$$,
    $$values ('p = 0.023'), ('p = 1.000'), ('p = 9.9 · 10⁻⁴'), ('p = 3.4 · 10⁻³⁵'), ('p < 10⁻³⁰⁰'), ('p < 10⁻³⁰⁰')$$,
    'p values are written in one way');
select results_eq(
    $$select rtrim((regexp_match(analysis.verdict('a', 'b', only_a, only_b, samples, p), '^[^:(]+'))[1])
        from (values (1, 0, 1, 1.0), (0, 8, 19, 0.0078), (1, 2, 20, 1.0)) as judged (only_a, only_b, samples, p)$$,
    $$values ('Too few test samples to tell a from b'),
             ('b is better than a by 42.11 points of accuracy; the difference is significant'),
             ('No difference between a and b can be told')$$,
    'a verdict knows how many samples it rests on');
select is(
    analysis.verdict('a', 'b', 49, 257, 10000, 4e-36),
    'b is better than a by 2.08 points of accuracy; the difference is significant (p = 4.0 · 10⁻³⁶).',
    'a verdict names the better one, and its p value');
select is(
    analysis.verdict('a', 'b', 30, 14, 10000, 0.0229),
    'a is better than b by 0.16 points of accuracy; the difference is significant (p = 0.023).', 'whichever it is');
select is(
    analysis.verdict('a@1', 'b@1', 1, 2, 9, 1),
    'Too few test samples to tell a@1 from b@1: there are only 9 test samples; the first alone gets 1 right, the second alone 2. Test on at least 20.',
    'and what is lacking');
select is_empty(
    $$select proname
        from pg_proc
       where pronamespace in ('analysis'::regnamespace, 'registry'::regnamespace)
         and provolatile = 'i'
         and prosrc ~* '\y(format|to_char|now|random|concat|array_to_string)\s*\('$$,
    'what is marked immutable calls nothing that depends on settings');

select * from finish();
rollback;
