create or replace function analysis.drift_size(
    samples_a   bigint,
    samples_b   bigint,
    bins        bigint,
    stability   double precision,
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
               when adjusted_p < 0.05 and stability - mean >= 0.25 then 'large'
               when adjusted_p < 0.05 and stability - mean >= 0.1 then 'small'
               when p_of_large >= 0.05 then 'unknown'
               else 'none'
           end
      from (select mean, p as p_of_large from analysis.chance_stability(samples_a, samples_b, bins, 0.25)) as chance
$$;
comment on function analysis.drift_size(bigint, bigint, bigint, double precision, double precision) is
    'Whether a shift counts: large (a population stability index 0.25 or more above what chance alone gives) or small (0.1), if its adjusted p value is below 0.05; unknown where even an index of 0.25 may be chance, because samples are few; else none.';


create or replace function analysis.drift_verdict(
    size              text,
    shifted           text,
    stability         double precision,
    chance_stability  double precision,
    adjusted_p        double precision,
    samples_a         bigint,
    samples_b         bigint
)
    returns text
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    strict
    parallel safe
as $$
    select case size
               when 'large' then
                   format('They differ: most in %s. What was learned from one may not hold for the other.', measured)
               when 'small' then
                   format('They differ a little: most in %s. From 0.25 above chance on it counts as drift.', measured)
               when 'unknown' then
                   format('Too few samples to tell whether they differ: %s and %s. So few of one distribution may have an index of 0.25 by chance alone; the largest is that of %s.',
                          analysis.count_text(samples_a), analysis.count_text(samples_b), measured)
               else
                   format('They are alike: the largest shift is that of %s. From 0.1 above chance on, with p below 0.05, it counts as one.', measured)
           end
      from (select format('%s, with a population stability index of %s (chance alone gives about %s) and %s',
                          shifted, to_char(stability, 'FM999999990.000'), to_char(chance_stability, 'FM999999990.000'),
                          analysis.probability_text(adjusted_p)) as measured) as written
$$;
comment on function analysis.drift_verdict(text, text, double precision, double precision, double precision, bigint, bigint) is
    'Says in a sentence whether two splits are alike, by the size of the largest shift (see analysis.drift_size).';


create or replace function analysis.drift(
    a_dataset             bigint,
    a_split               text,
    b_dataset             bigint,
    b_split               text,
    out feature           text,
    out a_samples         bigint,
    out b_samples         bigint,
    out a_median          double precision,
    out b_median          double precision,
    out distance          double precision,
    out p                 double precision,
    out adjusted_p        double precision,
    out stability         double precision,
    out chance_stability  double precision,
    out size              text,
    out verdict           text
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with shift as (
        select feature, a_samples, b_samples, a_median, b_median, distance, distance_p as p, stability,
               chance_stability, bins
          from analysis.feature_drift(a_dataset, a_split, b_dataset, b_split)
         union all
        select 'class balance', classes.a_samples, classes.b_samples, null, null, null, chance.p, classes.stability,
               chance.mean, classes.bins
          from (select sum(a_samples)::bigint as a_samples,
                       sum(b_samples)::bigint as b_samples,
                       min(stability) as stability,
                       count(*) as bins
                  from analysis.class_drift(a_dataset, a_split, b_dataset, b_split)) as classes
         cross join lateral analysis.chance_stability(
                                classes.a_samples, classes.b_samples, classes.bins, classes.stability) as chance
         where chance.mean is not null
    ), adjusted as (
        select numbered.*,
               (analysis.holm(array_agg(p) over everything))[position] as adjusted_p
          from (select *, row_number() over (order by feature) as position from shift) as numbered
        window everything as (order by position rows between unbounded preceding and unbounded following)
    ), sized as (
        select adjusted.*,
               analysis.drift_size(a_samples, b_samples, bins, stability, adjusted_p) as size
          from adjusted
    )
    select feature, a_samples, b_samples, a_median, b_median, distance, p, adjusted_p, stability, chance_stability,
           size,
           first_value(analysis.drift_verdict(size, feature, stability, chance_stability, adjusted_p, a_samples,
                                              b_samples)) over
               (order by array_position('{large,small,unknown,none}', size), stability desc, feature)
      from sized
     order by stability desc, feature
$$;
comment on function analysis.drift(bigint, text, bigint, text) is
    'Whether two splits are alike: analysis.feature_drift with a row for the balance of classes, the largest index first; p values, for the classes that of the index, also adjusted for being several (Holm); whether each shift counts (see analysis.drift_size), and (the same in every row) a sentence that says so.';
