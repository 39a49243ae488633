-- The predicted class of a right answer is the label, whose probability is e to the minus loss.
create or replace view analysis.answer as
select model.name as model,
       model_version.number as version,
       sample.index,
       sample.label,
       coalesce(wrong.predicted, sample.label) as predicted,
       wrong.sample_id is null as is_correct,
       case
           when wrong.sample_id is not null then wrong.confidence::double precision
           when kept.loss < 700 then exp(-kept.loss::double precision)
           when kept.loss is not null then 0
       end as confidence,
       kept.loss
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.test_loss
    on test_loss.run_id = model_version.run_id
   and test_loss.epoch = model_version.epoch
 cross join lateral unnest(test_loss.losses) with ordinality as kept (loss, position)
  join registry.sample
    on sample.split_id = dataset.test_split_id
   and sample.index = kept.position - 1
  left join registry.misclassification as wrong
         on wrong.run_id = model_version.run_id
        and wrong.epoch = model_version.epoch
        and wrong.sample_id = sample.sample_id;
comment on view analysis.answer is
    'What each version that kept its losses answers to each test sample, and with which probability: of a right answer e to the minus loss.';
comment on column analysis.answer.model is 'The model.';
comment on column analysis.answer.version is 'Its version.';
comment on column analysis.answer.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.answer.label is 'The true class.';
comment on column analysis.answer.predicted is 'The class predicted.';
comment on column analysis.answer.is_correct is 'Whether they are the same.';
comment on column analysis.answer.confidence is
    'Probability given to the class predicted; may be NaN; null where imported predictions do not tell it.';
comment on column analysis.answer.loss is 'Cross-entropy of the sample, in nats; null where it is not known.';


create or replace view analysis.calibration as
select model,
       version,
       least(10, 1 + floor(10 * confidence))::integer as bin,
       count(*) as samples,
       avg(is_correct::integer)::double precision as accuracy,
       avg(confidence) as mean_confidence
  from analysis.answer
 where confidence between 0 and 1
 group by 1, 2, 3;
comment on view analysis.calibration is
    'Whether probabilities mean what they say: test samples of each version that kept its losses, by the probability that it gives to its answer. The expected calibration error is the mean of |accuracy − mean_confidence| over all samples (Guo and others, 2017).';
comment on column analysis.calibration.model is 'The model.';
comment on column analysis.calibration.version is 'Its version.';
comment on column analysis.calibration.bin is 'Tenth of the probability: 1 for 0 to 0.1, 10 for 0.9 to 1; the lower end belongs to it.';
comment on column analysis.calibration.samples is 'Test samples whose answer has such a probability; those with NaN, or of which it is not known, are in no bin.';
comment on column analysis.calibration.accuracy is 'Share of them that is right.';
comment on column analysis.calibration.mean_confidence is 'Mean probability given to the answers.';


create or replace function analysis.reliability(
    of_model              text,
    of_version            bigint,
    bins                  integer,
    by_mass               boolean,
    out bin               integer,
    out samples           bigint,
    out confidence_from   double precision,
    out confidence_to     double precision,
    out mean_confidence   double precision,
    out accuracy          double precision,
    out accuracy_lower    double precision,
    out accuracy_upper    double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select counted.bin,
           counted.samples,
           counted.least,
           counted.most,
           counted.mean_confidence,
           counted.correct::double precision / counted.samples,
           wilson.lower,
           wilson.upper
      from (select case
                       when by_mass then ((position - 1) * bins / total + 1)::integer
                       else least(bins, 1 + floor(bins * confidence))::integer
                   end as bin,
                   count(*) as samples,
                   min(confidence) as least,
                   max(confidence) as most,
                   avg(confidence) as mean_confidence,
                   count(*) filter (where is_correct) as correct
              from (select confidence,
                           is_correct,
                           row_number() over (order by confidence, index) as position,
                           count(*) over () as total
                      from analysis.answer
                     where model = of_model
                       and version = of_version
                       and confidence between 0 and 1) as given
             where bins between 1 and 1000
             group by 1) as counted
     cross join lateral analysis.wilson_interval(counted.correct, counted.samples) as wilson
     order by counted.bin
$$;
comment on function analysis.reliability(text, bigint, integer, boolean) is
    'The reliability diagram of a version: its test samples in at most 1,000 bins of the probability that it gives to its answer, of equal width or with equally many samples (by_mass), with the share that is right and its 95 % interval (Wilson, 1927). Empty bins, and samples whose probability is not known, are left out.';


create or replace function analysis.calibration_error(
    of_model          text,
    of_version        bigint,
    bins              integer default 15,
    out samples       bigint,
    out unknown       bigint,
    out accuracy      double precision,
    out confidence    double precision,
    out width_error   double precision,
    out width_lower   double precision,
    out width_upper   double precision,
    out mass_error    double precision,
    out mass_lower    double precision,
    out mass_upper    double precision,
    out brier         double precision,
    out reliability   double precision,
    out resolution    double precision,
    out uncertainty   double precision,
    out nll           double precision
)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with given as materialized (
        select answer.index, answer.confidence, answer.is_correct::integer::double precision as is_right, answer.loss
          from analysis.answer
         where answer.model = of_model
           and answer.version = of_version
           and bins between 1 and 1000
    ), placed as (
        select given.confidence,
               is_right,
               least(bins, 1 + floor(bins * given.confidence)) as by_width,
               (row_number() over (order by given.confidence, index) - 1) * bins / count(*) over () as by_mass
          from given
         where given.confidence between 0 and 1
    ), deviating as (
        -- With the bins' signs the error is a mean over samples, which has a standard error.
        select placed.confidence,
               is_right,
               (is_right - placed.confidence) * sign(sum(is_right - placed.confidence) over of_width) as in_width,
               (is_right - placed.confidence) * sign(sum(is_right - placed.confidence) over of_mass) as in_mass,
               avg(placed.confidence) over of_mass as bin_confidence,
               avg(is_right) over of_mass as bin_accuracy,
               avg(is_right) over () as overall
          from placed
        window of_width as (partition by by_width),
               of_mass as (partition by by_mass)
    ), summed as (
        select count(*) as samples,
               avg(is_right) as accuracy,
               avg(deviating.confidence) as confidence,
               avg(in_width) as width_error,
               1.959963984540054 * stddev_samp(in_width) / sqrt(count(*)) as width_half,
               avg(in_mass) as mass_error,
               1.959963984540054 * stddev_samp(in_mass) / sqrt(count(*)) as mass_half,
               avg(power(deviating.confidence - is_right, 2)) as brier,
               avg(power(bin_confidence - bin_accuracy, 2)) as reliability,
               avg(power(bin_accuracy - overall, 2)) as resolution,
               avg(overall) * (1 - avg(overall)) as uncertainty
          from deviating
    )
    select summed.samples,
           (select count(*) from given) - summed.samples,
           summed.accuracy,
           summed.confidence,
           summed.width_error,
           greatest(0, summed.width_error - width_half),
           least(1, summed.width_error + width_half),
           summed.mass_error,
           greatest(0, summed.mass_error - mass_half),
           least(1, summed.mass_error + mass_half),
           summed.brier,
           summed.reliability,
           summed.resolution,
           summed.uncertainty,
           (select avg(given.loss::double precision) from given having bool_and(given.loss is not null))
      from summed
     where summed.samples > 0
$$;
comment on function analysis.calibration_error(text, bigint, integer) is
    'How far the probabilities that a version gives to its answers are from being right: the expected calibration error in bins of equal width and of equally many samples, with 95 % intervals (mean ± 1.96 standard errors, each bin''s sign as observed; a small error is overestimated, for chance has no sign); the Brier score of the answers, mean (confidence − right)², and its parts by bins of equally many samples, reliability − resolution + uncertainty, but for what varies within the bins (Murphy, 1973); and the mean loss. unknown samples, whose probability is not known, are in none but the last. No row without any.';


create or replace function analysis.risk_coverage(
    of_model        text,
    of_version      bigint,
    points          integer default 20,
    out threshold   double precision,
    out accepted    bigint,
    out coverage    double precision,
    out errors      bigint,
    out risk        double precision,
    out risk_lower  double precision,
    out risk_upper  double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select ranked.confidence,
           ranked.accepted,
           ranked.accepted::double precision / ranked.total,
           ranked.errors,
           ranked.errors::double precision / ranked.accepted,
           wilson.lower,
           wilson.upper
      from (select given.*,
                   row_number() over (partition by (accepted * points - 1) / total order by accepted desc) as place
              from (select answer.confidence,
                           sum(count(*)) over descending::bigint as accepted,
                           sum(count(*) filter (where not is_correct)) over descending::bigint as errors,
                           sum(count(*)) over ()::bigint as total
                      from (select answer.is_correct,
                                   -- The precision in which probabilities are kept: else what is computed from a loss
                                   -- would stand beside what is equal to it.
                                   answer.confidence::real::double precision as confidence
                              from analysis.answer
                             where answer.model = of_model
                               and answer.version = of_version
                               and answer.confidence between 0 and 1) as answer
                     group by answer.confidence
                    window descending as (order by answer.confidence desc)) as given
             where points between 1 and 100000) as ranked
     cross join lateral analysis.wilson_interval(ranked.errors, ranked.accepted) as wilson
     where ranked.place = 1
     order by ranked.accepted
$$;
comment on function analysis.risk_coverage(text, bigint, integer) is
    'What is gained by answering only where a version is sure: for about so many thresholds of its confidence, the test samples that reach it, their share, and the error rate among them with its 95 % interval (Wilson, 1927). Samples with the same confidence are accepted together.';


create or replace function analysis.confidence_threshold(
    of_model        text,
    of_version      bigint,
    wished          double precision,
    out is_shown    boolean,
    out threshold   double precision,
    out accepted    bigint,
    out coverage    double precision,
    out errors      bigint,
    out risk        double precision,
    out risk_lower  double precision,
    out risk_upper  double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with curve as materialized (
        select * from analysis.risk_coverage(of_model, of_version, 100000)
    )
    select shown.is_shown, best.*
      from (values (false), (true)) as shown (is_shown)
     cross join lateral (select *
                           from curve
                          where case when shown.is_shown then curve.risk_upper else curve.risk end <= wished
                          order by curve.accepted desc
                          limit 1) as best
     order by shown.is_shown
$$;
comment on function analysis.confidence_threshold(text, bigint, double precision) is
    'The lowest threshold of a version''s confidence at which the error rate among the test samples that reach it is not above the one wished; and (is_shown) at which the upper end of its 95 % interval is not. No row where none is. The threshold is chosen by the same samples: on others the rate may be a little higher.';
