create or replace view analysis.class_metric as
select model.name as model,
       model_version.number as version,
       class.label,
       dataset.class_names[class.label + 1] as class_name,
       class.samples,
       class.predicted_samples,
       class.correct,
       class.correct::double precision / nullif(class.predicted_samples, 0) as precision,
       (analysis.wilson_interval(class.correct, class.predicted_samples)).lower as precision_lower,
       (analysis.wilson_interval(class.correct, class.predicted_samples)).upper as precision_upper,
       class.correct::double precision / nullif(class.samples, 0) as recall,
       (analysis.wilson_interval(class.correct, class.samples)).lower as recall_lower,
       (analysis.wilson_interval(class.correct, class.samples)).upper as recall_upper,
       2.0::double precision * class.correct / nullif(class.samples + class.predicted_samples, 0) as f1,
       2 * jaccard.lower / (1 + jaccard.lower) as f1_lower,
       2 * jaccard.upper / (1 + jaccard.upper) as f1_upper
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
 cross join lateral (select label,
                            sum(counted.samples)::bigint as samples,
                            sum(counted.predicted)::bigint as predicted_samples,
                            sum(counted.correct)::bigint as correct
                       from (select sample.label, count(*) as samples, count(*) as predicted, count(*) as correct
                               from registry.sample
                              where sample.split_id = dataset.test_split_id
                              group by sample.label
                              union all
                             select sample.label, 0, -count(*), -count(*)
                               from registry.misclassification as wrong
                               join registry.sample using (sample_id)
                              where wrong.run_id = model_version.run_id
                                and wrong.epoch = model_version.epoch
                              group by sample.label
                              union all
                             select wrong.predicted, 0, count(*), 0
                               from registry.misclassification as wrong
                              where wrong.run_id = model_version.run_id
                                and wrong.epoch = model_version.epoch
                              group by wrong.predicted) as counted
                      group by label) as class
  left join lateral analysis.wilson_interval(class.correct, class.samples + class.predicted_samples - class.correct) as jaccard
         on true;
comment on view analysis.class_metric is
    'Precision, recall and F1 of each class of each model version, with 95 % intervals (Wilson, 1927). Classes that no test sample has and no answer names have no row.';
comment on column analysis.class_metric.model is 'The model.';
comment on column analysis.class_metric.version is 'Number of the version.';
comment on column analysis.class_metric.label is 'The class.';
comment on column analysis.class_metric.class_name is 'Its name.';
comment on column analysis.class_metric.samples is 'Test samples of the class.';
comment on column analysis.class_metric.predicted_samples is 'Test samples classified as the class, correctly or not.';
comment on column analysis.class_metric.correct is 'Test samples of the class that are taken for it.';
comment on column analysis.class_metric.precision is 'correct / predicted_samples; null where nothing is taken for the class.';
comment on column analysis.class_metric.precision_lower is 'Lower end of its 95 % interval.';
comment on column analysis.class_metric.precision_upper is 'Upper end of its 95 % interval.';
comment on column analysis.class_metric.recall is 'correct / samples, the accuracy of the class; null where no test sample is of it.';
comment on column analysis.class_metric.recall_lower is 'Lower end of its 95 % interval.';
comment on column analysis.class_metric.recall_upper is 'Upper end of its 95 % interval.';
comment on column analysis.class_metric.f1 is 'Harmonic mean of precision and recall: 2 correct / (samples + predicted_samples).';
comment on column analysis.class_metric.f1_lower is
    'Lower end of its 95 % interval: Wilson''s of correct among the samples that are of the class or taken for it, of which F1 is a monotone function, 2J / (1 + J).';
comment on column analysis.class_metric.f1_upper is 'Upper end of its 95 % interval.';


create or replace function analysis.mean_class_metrics(
    of_model     text,
    of_version   bigint,
    out metric   text,
    out mean     text,
    out value    double precision,
    out lower    double precision,
    out upper    double precision,
    out classes  bigint
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    -- The delta method: the error of a mean is that of its linear form in the cells of the confusion matrix, which are
    -- multinomial. K. Takahashi and others, "Confidence interval for micro-averaged F1 and macro-averaged F1 scores", 2022.
    -- With shares p of all samples, row sum r and column sum c of a class, and g the derivative by a cell: variance =
    -- (Σ p g² − (Σ p g)²) / n.
    with class as materialized (
        select class_metric.label, class_metric.samples, class_metric.predicted_samples, class_metric.correct,
               sum(class_metric.samples) over () as n
          from analysis.class_metric
         where class_metric.model = of_model
           and class_metric.version = of_version
    ), measured as materialized (
        -- A metric is a ratio of weighted counts: of the diagonal cell above, of row and column below.
        select kind.metric, class.label, class.samples, class.n,
               kind.above * class.correct::double precision / nullif(kind.of_row * class.samples + kind.of_column * class.predicted_samples, 0)
                   as value,
               kind.above, kind.of_row, kind.of_column,
               (kind.of_row * class.samples + kind.of_column * class.predicted_samples) / class.n as below
          from class
         cross join (values ('precision', 1, 0, 1), ('recall', 1, 1, 0), ('f1', 2, 1, 1)) as kind (metric, above, of_row, of_column)
    ), averaged as materialized (
        select metric, averaging.mean, label, samples, n, measured.value, above, of_row, of_column, below,
               case averaging.mean
                   when 'macro' then 1 / count(*) over everything::double precision
                   else samples / nullif(sum(samples) over everything, 0)
               end as weight,
               count(*) over everything as classes,
               sum(samples * measured.value) over everything / nullif(sum(samples) over everything, 0) as weighted_mean,
               sum(samples) over everything / n as weighted_share
          from measured
         cross join (values ('macro'), ('weighted')) as averaging (mean)
         where measured.value is not null
        window everything as (partition by metric, averaging.mean
                                order by label rows between unbounded preceding and unbounded following)
    ), part as (
        -- What a sample of the class, and one that is taken for it, adds to the linear form; of both, one that is correct.
        select averaged.*,
               weight * -value * of_row / below
                   + case mean when 'weighted' then (value - weighted_mean) / nullif(weighted_share, 0) else 0 end as by_row,
               weight * -value * of_column / below as by_column,
               weight * above / below as by_diagonal
          from averaged
         -- Where all that is taken for a class is of none of the classes that are measured, there is no weighted mean.
         where weight is not null
    ), cell as (
        select confusion.label, confusion.predicted, confusion.samples
          from analysis.confusion
         where confusion.model = of_model
           and confusion.version = of_version
         union all
        select class.label, class.label, class.correct
          from class
    ), kind as (
        select distinct part.metric, part.mean from part
    ), spread as (
        select kind.metric,
               kind.mean,
               sum(cell.samples * power(slope.g, 2) order by cell.label, cell.predicted) as squares,
               sum(cell.samples * slope.g order by cell.label, cell.predicted) as total
          from kind
         cross join cell
          left join part as of_row
                 on of_row.metric = kind.metric
                and of_row.mean = kind.mean
                and of_row.label = cell.label
          left join part as of_column
                 on of_column.metric = kind.metric
                and of_column.mean = kind.mean
                and of_column.label = cell.predicted
         cross join lateral (select coalesce(of_row.by_row, 0) + coalesce(of_column.by_column, 0)
                                        + case when cell.label = cell.predicted then coalesce(of_row.by_diagonal, 0) else 0 end as g)
                 as slope
         group by kind.metric, kind.mean
    )
    select part.metric,
           part.mean,
           estimate.value,
           greatest(0, estimate.value - estimate.error),
           least(1, estimate.value + estimate.error),
           part.classes
      from (select metric, mean, sum(weight * value order by label) as value, min(classes) as classes, min(n) as n
              from part
             group by metric, mean) as part
      join spread using (metric, mean)
     cross join lateral (select part.value,
                                1.959963984540054
                                    * sqrt(greatest(0, spread.squares / part.n - power(spread.total / part.n, 2)) / part.n) as error)
             as estimate
     order by array_position(array['precision', 'recall', 'f1'], part.metric), part.mean
$$;
comment on function analysis.mean_class_metrics(text, bigint) is
    'Means of precision, recall and F1 over the classes of a model version: macro, each class counting alike, and weighted by its test samples (weighted recall is the accuracy), with 95 % intervals by the delta method (Takahashi and others, 2022). A class that has no such figure is in no mean; classes tells how many are. Of a few samples or errors the intervals are too narrow.';
