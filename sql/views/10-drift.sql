create or replace function analysis.feature_drift(
    a_dataset              bigint,
    a_split                text,
    b_dataset              bigint,
    b_split                text,
    out feature            text,
    out a_samples          bigint,
    out b_samples          bigint,
    out a_median           double precision,
    out b_median           double precision,
    out distance           double precision,
    out distance_p         double precision,
    out stability          double precision,
    out chance_stability   double precision,
    out bins               bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    -- Of sorted values width_bucket counts those that are not above a value.
    with pair as materialized (
        select feature,
               a.sorted as a,
               b.sorted as b,
               cardinality(a.sorted)::bigint as a_total,
               cardinality(b.sorted)::bigint as b_total
          from analysis.sorted_measures(a_dataset, a_split) as a
          join analysis.sorted_measures(b_dataset, b_split) as b using (feature)
    ), counted as materialized (
        -- Ten bins that each have about a tenth of the first; equal values are in one bin. Counted before they are put in
        -- order: the arrays would be sorted with them.
        select feature,
               number,
               case when number = 10 then a_total else width_bucket(edge, a) end as a_up_to,
               case when number = 10 then b_total else width_bucket(edge, b) end as b_up_to
          from pair
         cross join generate_series(1, 10) as number
         cross join lateral (select a[(number * a_total + 9) / 10] as edge) as tenth
    ), bin as (
        select feature,
               number,
               a_up_to - lag(a_up_to, 1, 0) over numbered as a,
               b_up_to - lag(b_up_to, 1, 0) over numbered as b
          from counted
        window numbered as (partition by feature order by number)
    ), histogram as (
        select feature,
               analysis.population_stability(
                   array_agg(a::double precision order by number), array_agg(b::double precision order by number))
                   as stability,
               count(*) as bins
          from bin
         where a + b > 0
         group by feature
    ), step as (
        -- The distribution functions are compared at each value of the smaller side, and just before it. Values are of
        -- four bytes: none lies between one and what is a billionth below it.
        select feature,
               max(greatest(abs(up_to * large_total - width_bucket(value, large) * small_total),
                            abs(below * large_total
                                - width_bucket(value - greatest(abs(value) * 1e-9, 1e-60), large) * small_total)))
                   / (small_total * large_total)::double precision as distance
          from (select feature,
                       case when a_total < b_total then a else b end as small,
                       case when a_total < b_total then b else a end as large,
                       least(a_total, b_total) as small_total,
                       greatest(a_total, b_total) as large_total
                  from pair) as sides
         cross join lateral (select value, min(position) - 1 as below, max(position) as up_to
                               from unnest(small) with ordinality as entry (value, position)
                              group by value) as distinct_value
         group by feature, small_total, large_total
    )
    select feature,
           a_total,
           b_total,
           a[(a_total + 1) / 2],
           b[(b_total + 1) / 2],
           step.distance,
           analysis.kolmogorov_smirnov_p(step.distance, a_total, b_total),
           histogram.stability,
           (analysis.chance_stability(a_total, b_total, histogram.bins, histogram.stability)).mean,
           histogram.bins
      from pair
      join step using (feature)
      join histogram using (feature)
$$;
comment on function analysis.feature_drift(bigint, text, bigint, text) is
    'How differently each feature of the samples is distributed in two splits: how many have it, medians, largest distance of the distribution functions (Kolmogorov and Smirnov) with its p value, population stability index over tenths of the first, what index chance alone gives, and into how many bins the values fall. No rows where one side has no features.';


create or replace function analysis.class_drift(
    a_dataset       bigint,
    a_split         text,
    b_dataset       bigint,
    b_split         text,
    out class_name  text,
    out a_label     smallint,
    out b_label     smallint,
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
    -- The same class may have another label in another data set, and another spelling of the same characters: folders from
    -- macOS have é as two.
    with a as (
        select normalize(class_name) as class_name, min(label) as label, sum(samples)::bigint as samples
          from analysis.class_balance
         where dataset_id = a_dataset
           and split = a_split
         group by normalize(class_name)
    ), b as (
        select normalize(class_name) as class_name, min(label) as label, sum(samples)::bigint as samples
          from analysis.class_balance
         where dataset_id = b_dataset
           and split = b_split
         group by normalize(class_name)
    )
    select class_name,
           a.label,
           b.label,
           coalesce(a.samples, 0),
           coalesce(b.samples, 0),
           coalesce(a.samples, 0) / nullif(sum(a.samples) over (), 0)::double precision,
           coalesce(b.samples, 0) / nullif(sum(b.samples) over (), 0)::double precision,
           analysis.population_stability(
               array_agg(coalesce(a.samples, 0)::double precision) over (),
               array_agg(coalesce(b.samples, 0)::double precision) over ())
      from a
      full join b using (class_name)
$$;
comment on function analysis.class_drift(bigint, text, bigint, text) is
    'Samples of each class in two splits, by the class''s name, its labels in both (null where it has no samples), their shares, and (the same in every row) the population stability index of the classes.';
