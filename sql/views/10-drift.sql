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
    'Population stability index of two histograms with the same bins: Σ (b − a) · ln(b / a) over their shares. Below 0.1 they are alike, from 0.25 on they are not.';


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
comment on function analysis.kolmogorov_smirnov_p(double precision, bigint, bigint) is
    'The probability of at least this largest distance between the distribution functions of two samples of one continuous distribution, for large samples (Kolmogorov, 1933).';


create or replace function analysis.feature_drift(
    a_dataset              bigint,
    a_split                text,
    b_dataset              bigint,
    b_split                text,
    out feature            text,
    out a_median           double precision,
    out b_median           double precision,
    out distance           double precision,
    out distance_p         double precision,
    out stability          double precision
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with value as (
        select side.name as side, measured.feature, measured.value
          from (values ('a', a_dataset, a_split), ('b', b_dataset, b_split)) as side (name, dataset_id, split)
          join analysis.sample_feature
            on sample_feature.dataset_id = side.dataset_id
           and sample_feature.split = side.split
         cross join lateral (values ('ink', ink), ('slant', slant), ('stroke_width', stroke_width),
                                    ('sharpness', sharpness), ('box_width', box_width), ('box_height', box_height),
                                    ('aspect', aspect), ('cut_top', cut_top), ('cut_bottom', cut_bottom),
                                    ('cut_left', cut_left), ('cut_right', cut_right), ('pieces', pieces),
                                    ('holes', holes), ('class_distance', class_distance)) as measured (feature, value)
         where measured.value is not null
    ), counted as (
        -- Each value once, with the counts of it.
        select feature,
               value,
               count(*) filter (where side = 'a') as a,
               count(*) filter (where side = 'b') as b
          from value
         group by feature, value
    ), distribution as (
        select feature,
               value,
               a,
               b,
               sum(a) over upwards as a_up_to,
               sum(b) over upwards as b_up_to,
               sum(a) over (partition by feature) as a_total,
               sum(b) over (partition by feature) as b_total
          from counted
        window upwards as (partition by feature order by value)
    ), bin as (
        -- Ten bins that each have about a tenth of the first; equal values are in one bin.
        select feature,
               least(9, floor(10 * (a_up_to - a) / nullif(a_total, 0))) as number,
               sum(a)::double precision as a,
               sum(b)::double precision as b
          from distribution
         group by feature, 2
    ), median as (
        select feature,
               min(value) filter (where 2 * a_up_to >= a_total) as a,
               min(value) filter (where 2 * b_up_to >= b_total) as b,
               max(abs(a_up_to / nullif(a_total, 0) - b_up_to / nullif(b_total, 0)))::double precision as distance,
               max(a_total)::bigint as a_total,
               max(b_total)::bigint as b_total
          from distribution
         group by feature
    )
    select feature,
           median.a,
           median.b,
           median.distance,
           analysis.kolmogorov_smirnov_p(median.distance, median.a_total, median.b_total),
           analysis.population_stability(array_agg(bin.a order by bin.number), array_agg(bin.b order by bin.number))
      from median
      join bin using (feature)
     where median.a_total > 0
       and median.b_total > 0
     group by feature, median.a, median.b, median.distance, median.a_total, median.b_total
$$;
comment on function analysis.feature_drift(bigint, text, bigint, text) is
    'How differently each feature of the samples is distributed in two splits: medians, largest distance of the distribution functions (Kolmogorov and Smirnov) with its p value, and population stability index over tenths of the first. No rows where one side has no features.';


create or replace function analysis.class_drift(
    a_dataset       bigint,
    a_split         text,
    b_dataset       bigint,
    b_split         text,
    out label       smallint,
    out a_samples   bigint,
    out b_samples   bigint,
    out a_share     double precision,
    out b_share     double precision,
    out stability   double precision
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    select label,
           a,
           b,
           a / nullif(sum(a) over (), 0)::double precision,
           b / nullif(sum(b) over (), 0)::double precision,
           analysis.population_stability(
               array_agg(a::double precision) over (), array_agg(b::double precision) over ())
      from (select sample.label,
                   count(*) filter (where sample.dataset_id = a_dataset and sample.split = a_split) as a,
                   count(*) filter (where sample.dataset_id = b_dataset and sample.split = b_split) as b
              from analysis.sample
             where (sample.dataset_id = a_dataset and sample.split = a_split)
                or (sample.dataset_id = b_dataset and sample.split = b_split)
             group by sample.label) as counted
$$;
comment on function analysis.class_drift(bigint, text, bigint, text) is
    'Samples of each class in two splits, their shares, and (the same in every row) the population stability index of the classes.';


create or replace function analysis.drift_verdict(shifted text, stability double precision)
    returns text
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    strict
    parallel safe
as $$
    select case
               when stability < 0.1 then
                   format('They are alike: the largest shift is that of %s, with a population stability index of %s; below 0.1 counts as none.', shifted, shown)
               when stability < 0.25 then
                   format('They differ a little: most in %s, with a population stability index of %s; from 0.25 on it counts as drift.', shifted, shown)
               else
                   format('They differ: most in %s, with a population stability index of %s; from 0.25 on it counts as drift. What was learned from one may not hold for the other.', shifted, shown)
           end
      from (select to_char(stability, 'FM999999990.000') as shown) as rounded
$$;
comment on function analysis.drift_verdict(text, double precision) is
    'Says in a sentence whether two splits are alike, by what shifted most between them and its population stability index.';


create or replace function analysis.drift(
    a_dataset       bigint,
    a_split         text,
    b_dataset       bigint,
    b_split         text,
    out feature     text,
    out a_median    double precision,
    out b_median    double precision,
    out distance    double precision,
    out distance_p  double precision,
    out stability   double precision,
    out verdict     text
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    select shift.*,
           analysis.drift_verdict(first_value(shift.feature) over largest_first,
                                  first_value(shift.stability) over largest_first)
      from (select *
              from analysis.feature_drift(a_dataset, a_split, b_dataset, b_split)
             union all
            select distinct 'class balance', null::double precision, null::double precision, null::double precision,
                   null::double precision, stability
              from analysis.class_drift(a_dataset, a_split, b_dataset, b_split)) as shift
    window largest_first as (order by shift.stability desc, shift.feature)
     order by shift.stability desc, shift.feature
$$;
comment on function analysis.drift(bigint, text, bigint, text) is
    'Whether two splits are alike: analysis.feature_drift with a row for the balance of classes, the largest shift first, and (the same in every row) a sentence that says so.';
