create or replace view analysis.agreement as
select a_model.name as a_model,
       a.number as a_version,
       b_model.name as b_model,
       b.number as b_version,
       metric.test_samples - missed.by_either as both_correct,
       missed.by_b_alone as only_a_correct,
       missed.by_a_alone as only_b_correct,
       missed.by_both as neither_correct,
       metric.test_samples,
       paired.difference as accuracy_difference,
       paired.lower as accuracy_difference_lower,
       paired.upper as accuracy_difference_upper,
       mcnemar.exact_p as mcnemar_exact_p,
       mcnemar.mid_p as mcnemar_mid_p
  from registry.model_version as a
  join registry.model as a_model on a_model.model_id = a.model_id
  join registry.run as a_run on a_run.run_id = a.run_id
  join registry.dataset as a_dataset on a_dataset.dataset_id = a_run.dataset_id
  join registry.dataset as b_dataset on b_dataset.test_split_id = a_dataset.test_split_id
  join registry.run as b_run on b_run.dataset_id = b_dataset.dataset_id
  join registry.model_version as b on b.run_id = b_run.run_id
  join registry.model as b_model on b_model.model_id = b.model_id
  join registry.epoch_metric as metric on metric.run_id = a.run_id and metric.epoch = a.epoch
 cross join lateral (
           select count(*) as by_either,
                  count(*) filter (where by_a.sample_id is null) as by_b_alone,
                  count(*) filter (where by_b.sample_id is null) as by_a_alone,
                  count(*) filter (where by_a.sample_id = by_b.sample_id) as by_both
             from (select sample_id
                     from registry.misclassification
                    where run_id = a.run_id
                      and epoch = a.epoch) as by_a
             full join (select sample_id
                          from registry.misclassification
                         where run_id = b.run_id
                           and epoch = b.epoch) as by_b
                    using (sample_id)
       ) as missed
 cross join lateral analysis.paired_difference(missed.by_b_alone, missed.by_a_alone, metric.test_samples) as paired
 cross join lateral analysis.mcnemar(missed.by_b_alone, missed.by_a_alone) as mcnemar;
comment on view analysis.agreement is
    'For each pair of model versions tested on the same samples: which of them both, one or neither classify correctly.';
comment on column analysis.agreement.a_model is 'Model of the first version.';
comment on column analysis.agreement.a_version is 'Number of the first version.';
comment on column analysis.agreement.b_model is 'Model of the second version.';
comment on column analysis.agreement.b_version is 'Number of the second version.';
comment on column analysis.agreement.both_correct is 'Test samples that both classify correctly.';
comment on column analysis.agreement.only_a_correct is 'Test samples that only the first classifies correctly.';
comment on column analysis.agreement.only_b_correct is 'Test samples that only the second classifies correctly.';
comment on column analysis.agreement.neither_correct is 'Test samples that both classify wrongly.';
comment on column analysis.agreement.test_samples is 'Test samples; the four counts add up to it.';
comment on column analysis.agreement.accuracy_difference is 'Accuracy of the second version minus that of the first.';
comment on column analysis.agreement.accuracy_difference_lower is 'Lower end of its 95 % interval.';
comment on column analysis.agreement.accuracy_difference_upper is 'Upper end of its 95 % interval.';
comment on column analysis.agreement.mcnemar_exact_p is 'p value of McNemar''s exact test that both err equally often.';
comment on column analysis.agreement.mcnemar_mid_p is 'p value of its mid-p form, which is less conservative.';


create or replace function analysis.paired_loss_difference(
    a               real[],
    b               real[],
    out difference  double precision,
    out lower       double precision,
    out upper       double precision
)
    language sql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    -- Student, "The probable error of a mean", 1908: mean ± t · s / √n, where s is the standard deviation of the n
    -- differences and t the 97.5 % quantile, both with n − 1.
    select mean,
           mean - error,
           mean + error
      from (select avg(of_b::double precision - of_a) as mean,
                   analysis.student_t_quantile(count(*) - 1)
                       * nullif(stddev_samp(of_b::double precision - of_a), 0) / sqrt(count(*)) as error
              from unnest(a, b) as loss (of_a, of_b)
             where cardinality(a) = cardinality(b)
            having bool_and(coalesce(abs(of_a) < 'infinity' and abs(of_b) < 'infinity', false))) as differences
$$;
comment on function analysis.paired_loss_difference(real[], real[]) is
    'Mean loss of the second of two classifiers minus that of the first, from their losses of the same samples in one order (see analysis.test_loss), with its 95 % interval of Student''s t: mean ± t · s / √n. Nulls when there is not one finite loss each; no interval from fewer than two samples, or from differences that are all the same.';


create or replace function analysis.probability_text(p double precision)
    returns text
    language sql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select case
               -- Smaller ones are not told from 0.
               when p < 1e-300 then 'p < 10⁻³⁰⁰'
               when p < 0.001 then
                   'p = ' || split_part(digits, 'e', 1) || ' · 10'
                   || translate(split_part(digits, 'e', 2)::integer::text, '-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹')
               else 'p = ' || to_char(p, 'FM0.000')
           end
      from (select btrim(to_char(p, '9.9EEEE')) as digits) as written
$$;
comment on function analysis.probability_text(double precision) is
    'A p value as it is written everywhere: p = 0.012, p = 3.4 · 10⁻³⁵ or p < 10⁻³⁰⁰.';


create or replace function analysis.count_text(count bigint)
    returns text
    language sql
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select to_char(count, 'FM999,999,999,999,999,999,990')
$$;
comment on function analysis.count_text(bigint) is 'A count as it is written everywhere: 10,000.';


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
    stable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select case
               when adjusted_p < 0.05 then
                   format('%s is better than %s by %s points of accuracy; the difference is significant (%s).%s',
                          case when only_b > only_a then b else a end,
                          case when only_b > only_a then a else b end,
                          to_char(100.0 * abs(only_b - only_a) / samples, 'FM990.00'),
                          analysis.probability_text(adjusted_p),
                          case
                              when samples < 20 then
                                  format(' By how much is uncertain: there %s.', counted)
                              else ''
                          end)
               when samples < 20 then
                   format('Too few test samples to tell %s from %s: there %s; the first alone gets %s right, the second alone %s. Test on at least 20.',
                          a, b, counted, only_a, only_b)
               else
                   format('No difference between %s and %s can be told: of %s test samples the first alone gets %s right, the second alone %s (%s).',
                          a, b, analysis.count_text(samples), analysis.count_text(only_a), analysis.count_text(only_b),
                          analysis.probability_text(adjusted_p))
           end
      from (select case
                       when samples = 1 then 'is only 1 test sample'
                       else 'are only ' || samples || ' test samples'
                   end as counted) as said
$$;
comment on function analysis.verdict(text, text, bigint, bigint, bigint, double precision) is
    'Says in a sentence which of two classifiers is better and whether that is significant, from a p value that is adjusted for the number of comparisons; the level is 5 %. Below 20 test samples it says that they are few.';


create or replace function analysis.compare(
    models                         text[],
    versions                       bigint[],
    out a                          text,
    out b                          text,
    out both_correct               bigint,
    out only_a_correct             bigint,
    out only_b_correct             bigint,
    out neither_correct            bigint,
    out test_samples               integer,
    out accuracy_difference        double precision,
    out accuracy_difference_lower  double precision,
    out accuracy_difference_upper  double precision,
    out mcnemar_exact_p            double precision,
    out mcnemar_mid_p              double precision,
    out adjusted_p                 double precision,
    out loss_samples               integer,
    out loss_difference            double precision,
    out loss_difference_lower      double precision,
    out loss_difference_upper      double precision,
    out same_weights               boolean,
    out verdict                    text
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with asked as (
        select model, version::integer as version, position, format('%s@%s', model, version) as name
          from unnest(models, versions) with ordinality as given (model, version, position)
    ), known as materialized (
        -- The losses of a version are read once, however many pairs it is in.
        select asked.*,
               (select losses
                  from analysis.test_loss
                 where test_loss.model = asked.model
                   and test_loss.version = asked.version
                   and array_position(losses, null) is null) as losses,
               (select weights_sha256
                  from analysis.model_version
                 where model_version.model = asked.model
                   and model_version.version = asked.version) as weights
          from asked
    ), pair as (
        select a.name as a,
               b.name as b,
               a.losses as a_losses,
               b.losses as b_losses,
               a.weights = b.weights as same_weights,
               agreement.*,
               row_number() over (order by a.position, b.position) as number,
               array_agg(agreement.mcnemar_exact_p) over (
                   order by a.position, b.position
                   rows between unbounded preceding and unbounded following
               ) as every_p
          from known as a
          join known as b
            on b.position > a.position
         -- Planned by itself, in half the time: offset keeps it from being mixed with the rest.
         cross join lateral (select *
                               from analysis.agreement
                              where a_model = a.model
                                and a_version = a.version
                                and b_model = b.model
                                and b_version = b.version
                             offset 0) as agreement
    )
    select pair.a, pair.b, pair.both_correct, pair.only_a_correct, pair.only_b_correct, pair.neither_correct,
           pair.test_samples, pair.accuracy_difference, pair.accuracy_difference_lower,
           pair.accuracy_difference_upper, pair.mcnemar_exact_p, pair.mcnemar_mid_p, holm.p[number],
           case when cardinality(a_losses) = cardinality(b_losses) then cardinality(a_losses) end,
           loss.difference, loss.lower, loss.upper, pair.same_weights,
           case
               when pair.same_weights then format('%s and %s have the same weights.', pair.a, pair.b)
               else analysis.verdict(pair.a, pair.b, only_a_correct, only_b_correct, pair.test_samples, holm.p[number])
           end
      from pair
     cross join lateral (select analysis.holm(every_p) as p) as holm
      left join lateral analysis.paired_loss_difference(a_losses, b_losses) as loss
             on true
     order by number
$$;
comment on function analysis.compare(text[], bigint[]) is
    'Every pair of the model versions asked for, in that order, the first of a pair first: the counts and tests of analysis.agreement, p values adjusted for the number of pairs (Holm), the difference of the mean test losses with its 95 % interval (null where the loss of each test sample is not known of a version: loss_samples is null then, too), whether both have the same weights (null where one was imported without), and a sentence that says which is better. Pairs that were not tested on the same samples are left out.';
