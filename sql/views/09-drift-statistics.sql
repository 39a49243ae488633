-- Statistics of the difference between two samples.

create or replace function analysis.population_stability(
    expected  double precision[],
    found     double precision[]
)
    returns double precision
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- Half an observation is added to each count, so that an empty bin has a logarithm.
    select sum((b - a) * ln(b / a))
      from (select (e + 0.5) / (sum(e + 0.5) over ()) as a,
                   (f + 0.5) / (sum(f + 0.5) over ()) as b
              from unnest(expected, found) as bin (e, f)) as share
$$;
comment on function analysis.population_stability(double precision[], double precision[]) is
    'Population stability index of two histograms with the same bins: Σ (b − a) · ln(b / a) over their shares. What chance alone gives: analysis.chance_stability.';


create or replace function analysis.chance_stability(
    samples_a  double precision,
    samples_b  double precision,
    bins       bigint,
    stability  double precision,
    out mean   double precision,
    out p      double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index", 2020: divided by
    -- 1 / n + 1 / m, the index of two samples of one distribution is about χ² with bins − 1 degrees of freedom.
    select (bins - 1) * scale,
           case
               when bins > 1 then analysis.chi_squared_p(greatest(0, stability) / scale, bins - 1)
               -- One bin has no index but 0.
               when stability > 0 then 0
               else 1
           end
      from (select 1 / samples_a + 1 / samples_b as scale) as inverse
     where samples_a > 0
       and samples_b > 0
$$;
comment on function analysis.chance_stability(double precision, double precision, bigint, double precision) is
    'What population stability index two samples of one distribution have on average, and the probability of at least the one given (Yurdakul and Naranjo, 2020).';


create or replace function analysis.kolmogorov_p(
    distance   double precision,
    samples_a  bigint,
    samples_b  bigint
)
    returns double precision
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- A. N. Kolmogorov's limit distribution, in the form that converges faster on each side of 1.
    select greatest(0, least(1,
               case
                   when x < 0.1 then 1
                   when x < 1 then
                       1 - sqrt(2 * pi()) / x
                           * (select sum(exp(greatest(-700, -power(2 * k - 1, 2) * power(pi(), 2) / (8 * x * x))))
                                from generate_series(1, 20) as k)
                   else
                       2 * (select sum((case when k % 2 = 1 then 1 else -1 end)
                                       * exp(greatest(-700, -2.0 * k * k * x * x)))
                              from generate_series(1, 20) as k)
               end))
      from (select distance * sqrt(samples_a::double precision * samples_b / (samples_a + samples_b)) as x) as scaled
$$;
comment on function analysis.kolmogorov_p(double precision, bigint, bigint) is
    'The probability of at least this largest distance between the distribution functions of two samples of one continuous distribution, in the limit of large samples (Kolmogorov, 1933).';


create or replace function analysis.exact_kolmogorov_smirnov_p(
    distance   double precision,
    samples_a  bigint,
    samples_b  bigint
)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- G. P. Steck, "The Smirnov two sample tests as rank tests", 1969. Both samples in order are a path from (0, 0) to (m, n),
-- all as likely. One that comes so far from the diagonal goes through a point at which it enters what lies above, or
-- leaves what lies below; the paths that are at each point for the first time are counted, the nearest points first.
declare
    m constant bigint := least(samples_a, samples_b);
    -- Of more the distribution differs by less than a millionth; larger counts of paths do not exist.
    n constant bigint := least(greatest(samples_a, samples_b), 1000000);
    h constant bigint := round(distance * m * n);
    x bigint[] := '{}';
    y bigint[] := '{}';
    first double precision[] := '{}';
    point record;
    paths double precision;
    ways double precision;
    outside double precision := 0;
    every double precision := 1;
begin
    if m not between 1 and 50 then
        raise exception 'the smaller sample must have between 1 and 50 members; % were given', m
              using errcode = 'numeric_value_out_of_range';
    elsif h <= 0 then
        return 1;
    end if;
    for i in 1..m loop
        every := every * (n + i) / i;
    end loop;
    for point in
        select touched.x, touched.y
          from (select (h + i * n + m - 1) / m as x, i as y
                  from generate_series(0, m) as i
                 union
                select div(i * n - h, m)::bigint, i
                  from generate_series(0, m) as i
                 where i * n >= h) as touched
         where touched.x <= n
         order by touched.x + touched.y, touched.y
    loop
        paths := 1;
        for i in 1..point.y loop
            paths := paths * (point.x + i) / i;
        end loop;
        for j in 1..cardinality(x) loop
            if x[j] <= point.x and y[j] <= point.y then
                ways := first[j];
                for i in 1..point.y - y[j] loop
                    ways := ways * (point.x - x[j] + i) / i;
                end loop;
                paths := paths - ways;
            end if;
        end loop;
        x := x || point.x;
        y := y || point.y;
        first := first || paths;
        ways := paths;
        for i in 1..m - point.y loop
            ways := ways * (n - point.x + i) / i;
        end loop;
        outside := outside + ways / every;
    end loop;
    return greatest(0, least(1, outside));
end
$$;
comment on function analysis.exact_kolmogorov_smirnov_p(double precision, bigint, bigint) is
    'The probability of at least this largest distance between the distribution functions of two samples of one continuous distribution, the smaller of at most 50 members, by counting (Steck, 1969).';


create or replace function analysis.kolmogorov_smirnov_p(
    distance   double precision,
    samples_a  bigint,
    samples_b  bigint
)
    returns double precision
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    select case
               when least(samples_a, samples_b) <= 50 then
                   analysis.exact_kolmogorov_smirnov_p(distance, samples_a, samples_b)
               else analysis.kolmogorov_p(distance, samples_a, samples_b)
           end
$$;
comment on function analysis.kolmogorov_smirnov_p(double precision, bigint, bigint) is
    'The probability of at least this largest distance between the distribution functions of two samples of one continuous distribution: exact where the smaller has at most 50 members, else in the limit of large samples. Values that are the same make it too large.';
