-- Statistics that the views share. What a where clause excludes may have been computed before, in PostgreSQL 18 for one:
-- so no expression here fails, whatever it is given.

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
                           z / (n + z * z) * sqrt(greatest(0, s * (n - s) / nullif(n, 0) + z * z / 4)) as half_width) as score
     where trials > 0
       and successes between 0 and trials
$$;
comment on function analysis.wilson_interval(double precision, double precision) is
    'The 95 % score interval of a proportion (Wilson, 1927); nulls when there were no trials. Successes need not be whole.';


create or replace function analysis.mcnemar(
    only_a                bigint,
    only_b                bigint,
    out exact_p           double precision,
    out mid_p             double precision,
    out chi_squared       double precision,
    out chi_squared_p     double precision
)
    language plpgsql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
-- Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947;
-- M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data", 2013, and its supplement.
declare
    n bigint;
    k bigint;
    point double precision;
    term double precision;
    tail double precision := 0;
begin
    if only_a not between 0 and 1000000000 or only_b not between 0 and 1000000000 then
        raise exception 'counts of test samples must be between 0 and 1,000,000,000; % and % were given', only_a, only_b
              using errcode = 'numeric_value_out_of_range';
    end if;
    n := only_a + only_b;
    k := least(only_a, only_b);
    if n = 0 then
        exact_p := 1;
        mid_p := 1;
        return;
    end if;
    point := analysis.even_odds_probability(k, n);
    if n - k - k <= 1 then
        -- Both tails together are everything; of equal counts both have the point in the middle.
        exact_p := 1;
        mid_p := 1 - case when only_a = only_b then point / 2 else point end;
    else
        -- The probability of k of n, then down to 0 by ratios of neighbours: about √n steps until they add nothing.
        term := point;
        while k >= 0 and term > tail * 1e-17 loop
            tail := tail + term;
            term := term * k / (n - k + 1);
            k := k - 1;
        end loop;
        exact_p := least(1, 2 * tail);
        mid_p := exact_p - point;
    end if;
    chi_squared := power(abs(only_a - only_b) - 1, 2)::double precision / n;
    chi_squared_p := analysis.complementary_error_function(sqrt(chi_squared / 2));
end
$$;
comment on function analysis.mcnemar(bigint, bigint) is
    'Two-sided tests that two classifiers tested on the same samples err equally often, from the numbers that only one classified correctly: exact and mid-p binomial, and χ² with continuity correction. Without such a sample the p values are 1, and there is no χ².';


create or replace function analysis.holm(p double precision[])
    returns double precision[]
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    select coalesce(array_agg(adjusted order by position), '{}')
      from (select position,
                   case
                       when value is not null then
                           least(1, max(value * (known - rank + 1)) over (order by rank))
                   end as adjusted
              from (select value,
                           position,
                           count(value) over () as known,
                           row_number() over (order by value, position) as rank
                      from unnest(p) with ordinality as given (value, position)) as ranked) as stepped
$$;
comment on function analysis.holm(double precision[]) is
    'p values adjusted for being several, in the order given (Holm, 1979). A null stays null and does not count.';


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
    select (only_b - only_a)::double precision / nullif(samples, 0),
           greatest(-1, centre - half_width),
           least(1, centre + half_width)
      from (select (only_b - only_a)::double precision / (samples + 2) as centre,
                   1.959963984540054
                       * sqrt(greatest(
                             0, only_a + only_b + 1 - power(only_b - only_a, 2)::double precision / (samples + 2)))
                       / (samples + 2) as half_width) as adjusted
     where samples > 0
$$;
comment on function analysis.paired_difference(bigint, bigint, bigint) is
    'Accuracy of the second of two classifiers minus that of the first, both tested on the same samples, with its 95 % interval (Agresti and Min, 2005).';


create or replace function analysis.paired_score_variance(
    only_a      double precision,
    only_b      double precision,
    samples     double precision,
    difference  double precision
)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- Tango, 1998: with q, the most likely probability of the rarer cell under the difference d >= 0, it is 2q + d(1 - d);
-- q is the larger root of 2n q² + b q - c.
declare
    d constant double precision := abs(difference);
    rarer constant double precision := case when difference >= 0 then only_a else only_b end;
    other constant double precision := case when difference >= 0 then only_b else only_a end;
    b constant double precision := (2 * samples + rarer - other) * d - rarer - other;
    c constant double precision := rarer * d * (1 - d);
    root double precision;
begin
    if samples > 0 and d <= 1 and rarer >= 0 and other >= 0 and rarer + other <= samples then
        root := sqrt(b * b + 8 * samples * c);
        -- In the form that does not cancel.
        return 2 * case when b > 0 then 2 * c / (b + root) else (root - b) / (4 * samples) end + d * (1 - d);
    end if;
    return null;
end
$$;
comment on function analysis.paired_score_variance(double precision, double precision, double precision, double precision) is
    'Variance of one sample''s difference (second right minus first right), from the numbers that only one of two classifiers gets right, with the most likely probabilities under a difference of accuracies (Tango, 1998).';


create or replace function analysis.paired_score_interval(
    only_a          bigint,
    only_b          bigint,
    samples         bigint,
    level           double precision default 0.05,
    out difference  double precision,
    out lower       double precision,
    out upper       double precision
)
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design", 1998:
-- every difference that a score test does not refute. The ends are found by bisection, since the set is an interval.
declare
    z constant double precision := analysis.normal_quantile(level / 2);
    gain constant double precision := only_b::double precision - only_a;
    n constant double precision := samples;
    inside double precision;
    outside double precision;
    middle double precision;
begin
    if samples < 1 or only_a < 0 or only_b < 0 or only_a::numeric + only_b > samples or z is null then
        return;
    end if;
    difference := gain / n;
    foreach outside in array array[-1, 1]::double precision[] loop
        inside := difference;
        if inside = outside then
            middle := outside;
        else
            for step in 1..60 loop
                middle := (inside + outside) / 2;
                if (gain - n * middle) ^ 2 <= z * z * n * analysis.paired_score_variance(only_a, only_b, n, middle) then
                    inside := middle;
                else
                    outside := middle;
                end if;
            end loop;
        end if;
        if lower is null then
            lower := middle;
        else
            upper := middle;
        end if;
    end loop;
end
$$;
comment on function analysis.paired_score_interval(bigint, bigint, bigint, double precision) is
    'Accuracy of the second of two classifiers minus that of the first, both tested on the same samples, with its two-sided score interval (Tango, 1998): of 95 % at the level 0.05, so that each end alone is a one-sided limit of 97.5 %. It is right with few samples and where the two never differ. Nulls for counts that are not possible.';


create or replace function analysis.paired_score_samples(
    only_a      bigint,
    only_b      bigint,
    samples     bigint,
    difference  double precision,
    level       double precision default 0.05
)
    returns bigint
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- Multiplying all counts leaves the most likely probabilities as they are: the statistic grows as the root of n.
    select case when needed < 1e18 then ceil(needed)::bigint end
      from (select analysis.normal_quantile(level / 2) ^ 2
                       * analysis.paired_score_variance(only_a, only_b, samples, paired_score_samples.difference)
                       / nullif((only_b::double precision - only_a) / samples - paired_score_samples.difference, 0) ^ 2 as needed
             where samples > 0
               and only_a >= 0
               and only_b >= 0
               and only_a::numeric + only_b <= samples
               and abs(paired_score_samples.difference) <= 1) as asked
$$;
comment on function analysis.paired_score_samples(bigint, bigint, bigint, double precision, double precision) is
    'How many test samples it takes until analysis.paired_score_interval has a difference no longer in it, if only one classifier is right as often as until now: z² v / (d − difference)², where v is analysis.paired_score_variance under the difference and d the one observed. Null where they are the same.';


create or replace function analysis.koopman_limit(
    errors_inside    double precision,
    samples_inside   double precision,
    errors_outside   double precision,
    samples_outside  double precision,
    accepted         double precision,
    refuted          double precision
)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
declare
    middle double precision;
    ratio double precision;
    b double precision;
    rate_outside double precision;
    rate_inside double precision;
    chi_squared double precision;
begin
    for step in 1..60 loop
        middle := (accepted + refuted) / 2;
        ratio := exp(middle);
        -- The most likely rates of this ratio: the smaller root of a quadratic equation.
        b := samples_inside + errors_outside;
        b := ratio * b + samples_outside + errors_inside;
        rate_outside := 2 * (errors_inside + errors_outside)
                        / (b + sqrt(greatest(0, b * b - 4 * ratio * (samples_inside + samples_outside)
                                                          * (errors_inside + errors_outside))));
        rate_inside := ratio * rate_outside;
        -- A rate of 1 leaves nothing to chance.
        chi_squared := coalesce((errors_inside - samples_inside * rate_inside) ^ 2
                                / nullif(samples_inside * rate_inside * (1 - rate_inside), 0), 0)
                       + coalesce((errors_outside - samples_outside * rate_outside) ^ 2
                                  / nullif(samples_outside * rate_outside * (1 - rate_outside), 0), 0);
        -- The 95 % quantile with one degree of freedom.
        if chi_squared > 3.841458820694124 then
            refuted := middle;
        else
            accepted := middle;
        end if;
    end loop;
    return exp(accepted);
end
$$;
comment on function analysis.koopman_limit(double precision, double precision, double precision, double precision, double precision, double precision) is
    'One end of analysis.risk_ratio''s interval, between the logarithm of a ratio that is in it and that of one that is not.';


create or replace function analysis.risk_ratio(
    errors_inside    bigint,
    samples_inside   bigint,
    errors_outside   bigint,
    samples_outside  bigint,
    out ratio        double precision,
    out lower        double precision,
    out upper        double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- P. A. R. Koopman, "Confidence intervals for the ratio of two binomial proportions", 1984: every ratio that a χ² test
    -- with the most likely rates of that ratio does not refute. The ends are searched for between e⁻⁶⁰ and e⁶⁰.
    select case when errors_outside > 0 then observed.ratio end,
           case
               when errors_inside = 0 then 0
               else analysis.koopman_limit(
                        errors_inside, samples_inside, errors_outside, samples_outside,
                        case when errors_outside = 0 then 60 else ln(observed.ratio) end, -60)
           end,
           case
               when errors_outside > 0 then
                   analysis.koopman_limit(
                       errors_inside, samples_inside, errors_outside, samples_outside,
                       case when errors_inside = 0 then -60 else ln(observed.ratio) end, 60)
           end
      from (select errors_inside::double precision / nullif(samples_inside, 0)
                       / nullif(errors_outside::double precision / nullif(samples_outside, 0), 0) as ratio
             where samples_inside > 0
               and samples_outside > 0) as observed
     where errors_inside + errors_outside > 0
$$;
comment on function analysis.risk_ratio(bigint, bigint, bigint, bigint) is
    'How many times as frequent errors are inside a group as outside, with its 95 % score interval (Koopman, 1984). Without an error outside, ratio and upper end are infinite: null. All is null without any error, or without samples on one side.';
