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
