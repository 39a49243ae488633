-- Statistics that the views share.

create or replace function analysis.wilson_interval(
    successes double precision,
    trials    double precision,
    out lower double precision,
    out upper double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    -- 1.959963984540054 is the 97.5 % quantile of the standard normal distribution.
    select case when s = 0 then 0 else centre - half_width end,
           case when s = n then 1 else centre + half_width end
      from (select 1.959963984540054::double precision as z, successes as s, trials as n) as given,
           lateral (select (s + z * z / 2) / (n + z * z) as centre,
                           z / (n + z * z) * sqrt(s * (n - s) / n + z * z / 4) as half_width) as score
     where trials > 0
$$;
comment on function analysis.wilson_interval(double precision, double precision) is
    'The 95 % score interval of a proportion (Wilson, 1927); nulls when there were no trials. Successes need not be whole.';


create or replace function analysis.complementary_error_function(x double precision)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions", 1964, 7.1.6 and 7.1.14.
declare
    term double precision := x;
    total double precision := x;
    fraction double precision := x;
begin
    if x < 0 then
        return 2 - analysis.complementary_error_function(-x);
    elsif x > 26 then
        return 0;
    elsif x < 2 then
        for n in 1..60 loop
            term := term * 2 * x * x / (2 * n + 1);
            total := total + term;
        end loop;
        return 1 - 2 / sqrt(pi()) * exp(-x * x) * total;
    else
        for n in reverse 120..1 loop
            fraction := x + n / 2.0 / fraction;
        end loop;
        return exp(-x * x) / sqrt(pi()) / fraction;
    end if;
end
$$;
comment on function analysis.complementary_error_function(double precision) is
    'erfc: 2/√π times the integral of exp(−t²) from x on, within 10⁻¹³.';


create or replace function analysis.mcnemar(
    only_a                bigint,
    only_b                bigint,
    out exact_p           double precision,
    out mid_p             double precision,
    out chi_squared       double precision,
    out chi_squared_p     double precision
)
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947;
-- M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data", 2013.
declare
    n bigint := only_a + only_b;
    k bigint := least(only_a, only_b);
    logarithm double precision;
    point double precision;
    term double precision;
    tail double precision := 0;
begin
    if n = 0 then
        exact_p := 1;
        mid_p := 1;
        return;
    end if;
    -- The probability of k of n under equal odds, then down to 0 by ratios of neighbours.
    select coalesce(sum(ln((n - k + i)::double precision / i)), 0) - n * ln(2::double precision)
      into logarithm
      from generate_series(1, k) as i;
    -- Smaller numbers than this do not exist.
    point := case when logarithm < -700 then 0 else exp(logarithm) end;
    term := point;
    while k >= 0 and term > tail * 1e-17 loop
        tail := tail + term;
        term := term * k / (n - k + 1);
        k := k - 1;
    end loop;
    exact_p := least(1, 2 * tail);
    mid_p := least(1, 2 * tail - point);
    chi_squared := power(abs(only_a - only_b) - 1, 2)::double precision / n;
    chi_squared_p := analysis.complementary_error_function(sqrt(chi_squared / 2));
end
$$;
comment on function analysis.mcnemar(bigint, bigint) is
    'Two-sided tests that two classifiers tested on the same samples err equally often, from the numbers that only one classified rightly: exact and mid-p binomial, and χ² with continuity correction.';


create or replace function analysis.holm(p double precision[])
    returns double precision[]
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    select array_agg(adjusted order by position)
      from (select position,
                   least(1, max(value * (cardinality(p) - rank + 1)) over (order by rank)) as adjusted
              from (select value,
                           position,
                           row_number() over (order by value, position) as rank
                      from unnest(p) with ordinality as given (value, position)) as ranked) as stepped
$$;
comment on function analysis.holm(double precision[]) is
    'p values adjusted for being several, in the order given (Holm, 1979).';


create or replace function analysis.paired_difference(
    only_a          bigint,
    only_b          bigint,
    samples         bigint,
    out difference  double precision,
    out lower       double precision,
    out upper       double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- A. Agresti and Y. Min, "Simple improved confidence intervals for comparing matched proportions", 2005:
    -- half an observation is added to each of the four cells.
    select (only_b - only_a)::double precision / samples,
           greatest(-1, centre - half_width),
           least(1, centre + half_width)
      from (select (only_b - only_a)::double precision / (samples + 2) as centre,
                   1.959963984540054
                       * sqrt(only_a + only_b + 1 - power(only_b - only_a, 2)::double precision / (samples + 2))
                       / (samples + 2) as half_width) as adjusted
     where samples > 0
$$;
comment on function analysis.paired_difference(bigint, bigint, bigint) is
    'Accuracy of the second of two classifiers minus that of the first, both tested on the same samples, with its 95 % interval (Agresti and Min, 2005).';


create or replace function analysis.paired_loss_difference(
    a               real[],
    b               real[],
    out difference  double precision,
    out lower       double precision,
    out upper       double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- mean ± 1.96 · s / √n, where s is the standard deviation of the n differences, with n − 1.
    select mean,
           mean - 1.959963984540054 * error,
           mean + 1.959963984540054 * error
      from (select avg(of_b::double precision - of_a) as mean,
                   stddev_samp(of_b::double precision - of_a) / sqrt(count(*)) as error
              from unnest(a, b) as loss (of_a, of_b)
             where cardinality(a) = cardinality(b)
            having bool_and(abs(of_a) < 'infinity' and abs(of_b) < 'infinity')) as differences
$$;
comment on function analysis.paired_loss_difference(real[], real[]) is
    'Mean loss of the second of two classifiers minus that of the first, from their losses of the same samples in one order (see analysis.test_loss), with its 95 % interval of the normal distribution: mean ± 1.96 · s / √n. Nulls when there is not one finite loss each.';


create or replace function analysis.verdict(
    a           text,
    b           text,
    only_a      bigint,
    only_b      bigint,
    samples     bigint,
    adjusted_p  double precision
)
    returns text
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    select case
               when adjusted_p >= 0.05 then
                   format('No difference between %s and %s can be told: of %s test samples the first alone gets %s right, the second alone %s; chance alone gives that or more with %s.',
                          a, b, samples, only_a, only_b, chance)
               else
                   format('%s is better than %s by %s points of accuracy; %s: chance alone gives that or more with %s.',
                          case when only_b > only_a then b else a end,
                          case when only_b > only_a then a else b end,
                          to_char(100.0 * abs(only_b - only_a) / samples, 'FM990.00'),
                          case
                              when adjusted_p < 0.001 then 'that is as good as certain'
                              when adjusted_p < 0.01 then 'the evidence is strong'
                              else 'there is some evidence'
                          end,
                          chance)
           end
      from (select case
                       -- Smaller ones are not told from 0.
                       when adjusted_p < 1e-300 then 'p < 1e-300'
                       when adjusted_p < 0.001 then 'p = ' || btrim(to_char(adjusted_p, '9.9EEEE'))
                       else 'p = ' || to_char(adjusted_p, 'FM0.000')
                   end as chance) as said
$$;
comment on function analysis.verdict(text, text, bigint, bigint, bigint, double precision) is
    'Says in a sentence which of two classifiers is better and how sure that is, from a p value that is adjusted for the number of comparisons; the level is 5 %.';
