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
    with value as (
        select side.name as side, measure.feature, measure.value
          from (values ('a', a_dataset, a_split), ('b', b_dataset, b_split)) as side (name, dataset_id, split)
          join analysis.split
            on split.dataset_id = side.dataset_id
           and split.split = side.split
          join analysis.sample
            on sample.dataset_id = side.dataset_id
           and sample.split = side.split
          join analysis.sample_measure as measure
            on measure.training_split_id = split.training_split_id
           and measure.sample_id = sample.sample_id
         where measure.value is not null
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
    ), histogram as (
        select feature,
               analysis.population_stability(array_agg(a order by number), array_agg(b order by number)) as stability,
               count(*) as bins
          from bin
         group by feature
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
           median.a_total,
           median.b_total,
           median.a,
           median.b,
           median.distance,
           analysis.kolmogorov_smirnov_p(median.distance, median.a_total, median.b_total),
           histogram.stability,
           (analysis.chance_stability(median.a_total, median.b_total, histogram.bins, histogram.stability)).mean,
           histogram.bins
      from median
      join histogram using (feature)
     where median.a_total > 0
       and median.b_total > 0
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
    -- The same class may have another label in another data set.
    with a as (
        select class_name, min(label) as label, sum(samples)::bigint as samples
          from analysis.class_balance
         where dataset_id = a_dataset
           and split = a_split
         group by class_name
    ), b as (
        select class_name, min(label) as label, sum(samples)::bigint as samples
          from analysis.class_balance
         where dataset_id = b_dataset
           and split = b_split
         group by class_name
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
