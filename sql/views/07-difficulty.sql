-- Each architecture has one vote, however many versions it has: a hundred trainings of one network say no more about a
-- digit than one does.

create or replace function analysis.missed_by_architecture(
    of_dataset        bigint,
    of_model          text,
    of_label          smallint,
    since             timestamptz,
    until             timestamptz,
    out sample_id     bigint,
    out label         smallint,
    out predicted     smallint,
    out versions      bigint,
    out share         double precision,
    out confidence    double precision
)
    returns setof record
    language sql
    stable
as $$
    with tested as (
        select tested_architecture.architecture, sum(tested_architecture.versions)::double precision as versions
          from registry.tested_architecture
          join registry.model using (model_id)
         where tested_architecture.dataset_id = of_dataset
           and (of_model is null or model.name = of_model)
           and since is null and until is null
         group by tested_architecture.architecture
         union all
        select run.architecture, count(*)
          from registry.model_version
          join registry.model using (model_id)
          join registry.run using (run_id)
         where run.dataset_id = of_dataset
           and (of_model is null or model.name = of_model)
           and (since is not null or until is not null)
           and model_version.registered_at >= coalesce(since, '-infinity')
           and model_version.registered_at < coalesce(until, 'infinity')
         group by run.architecture
    ), vote as (
        select architecture, 1 / versions / count(*) over () as weight
          from tested
    ), missed as (
        select missed_sample.architecture, missed_sample.sample_id, missed_sample.label, missed_sample.predicted,
               missed_sample.versions, missed_sample.confidence_sum
          from registry.missed_sample
          join registry.model using (model_id)
         where missed_sample.dataset_id = of_dataset
           and (of_model is null or model.name = of_model)
           and (of_label is null or missed_sample.label = of_label)
           and since is null and until is null
         union all
        select run.architecture, wrong.sample_id, sample.label, wrong.predicted,
               1, wrong.confidence::double precision
          from registry.model_version
          join registry.model using (model_id)
          join registry.run using (run_id)
          join registry.misclassification as wrong
            on wrong.run_id = model_version.run_id
           and wrong.epoch = model_version.epoch
          join registry.sample using (sample_id)
         where run.dataset_id = of_dataset
           and (of_model is null or model.name = of_model)
           and (of_label is null or sample.label = of_label)
           and (since is not null or until is not null)
           and model_version.registered_at >= coalesce(since, '-infinity')
           and model_version.registered_at < coalesce(until, 'infinity')
    )
    select missed.sample_id,
           missed.label,
           missed.predicted,
           sum(missed.versions),
           sum(missed.versions * vote.weight),
           sum(missed.confidence_sum * vote.weight)
      from missed
      join vote using (architecture)
     group by missed.sample_id, missed.label, missed.predicted
$$;
comment on function analysis.missed_by_architecture(bigint, text, smallint, timestamptz, timestamptz) is
    'For each test sample and wrong class: the versions that predict it, their share with one vote an architecture, and the probability that all together give to it. Null filters are none; a period is that of registration, its end excluded.';


create or replace function analysis.hard_samples(
    of_dataset                 bigint,
    of_model                   text default null,
    of_label                   smallint default null,
    since                      timestamptz default null,
    until                      timestamptz default null,
    out sample_id              bigint,
    out label                  smallint,
    out missed_by              bigint,
    out missed_share           double precision,
    out commonest_prediction   smallint,
    out mean_confidence        double precision,
    out label_doubt            double precision
)
    returns setof record
    language sql
    stable
as $$
    select missed.sample_id,
           missed.label,
           sum(missed.versions)::bigint,
           sum(missed.share),
           (array_agg(missed.predicted order by missed.share desc, missed.predicted))[1],
           sum(missed.confidence) / sum(missed.share),
           max(missed.confidence)
      from analysis.missed_by_architecture(of_dataset, of_model, of_label, since, until) as missed
     group by missed.sample_id, missed.label
$$;
comment on function analysis.hard_samples(bigint, text, smallint, timestamptz, timestamptz) is
    'The test samples of a data set that at least one model version misses: by how many, by what share with one vote an architecture, what they are taken for, and the mean probability given to one wrong class (label_doubt).';


create or replace function analysis.tested_versions(
    of_dataset         bigint,
    of_model           text default null,
    since              timestamptz default null,
    until              timestamptz default null,
    out versions       bigint,
    out architectures  bigint
)
    language sql
    stable
as $$
    select coalesce(sum(tested.versions), 0)::bigint, count(distinct tested.architecture)
      from (select tested_architecture.architecture, tested_architecture.versions
              from registry.tested_architecture
              join registry.model using (model_id)
             where tested_architecture.dataset_id = of_dataset
               and (of_model is null or model.name = of_model)
               and since is null and until is null
             union all
            select run.architecture, 1
              from registry.model_version
              join registry.model using (model_id)
              join registry.run using (run_id)
             where run.dataset_id = of_dataset
               and (of_model is null or model.name = of_model)
               and (since is not null or until is not null)
               and model_version.registered_at >= coalesce(since, '-infinity')
               and model_version.registered_at < coalesce(until, 'infinity')) as tested
$$;
comment on function analysis.tested_versions(bigint, text, timestamptz, timestamptz) is
    'How many model versions, and of how many architectures, were tested on a data set.';


create or replace function analysis.hard_classes(
    of_dataset            bigint,
    of_model              text default null,
    of_label              smallint default null,
    since                 timestamptz default null,
    until                 timestamptz default null,
    out label             smallint,
    out class_name        text,
    out samples           bigint,
    out missed_samples    bigint,
    out error_rate        double precision,
    out error_rate_lower  double precision,
    out error_rate_upper  double precision
)
    returns setof record
    language sql
    stable
as $$
    -- The mean of the samples' shares, and its standard error over samples: versions are tested on the same samples, so
    -- that predictions are not independent, and samples are.
    select class.label,
           class.name,
           class.samples,
           class.missed_samples,
           class.mean,
           greatest(0, class.mean - 1.959963984540054 * sqrt(class.variance / class.samples)),
           least(1, class.mean + 1.959963984540054 * sqrt(class.variance / class.samples))
      from (select tested.label,
                   dataset.class_names[tested.label + 1] as name,
                   tested.samples,
                   coalesce(missed.samples, 0) as missed_samples,
                   coalesce(missed.total, 0) / tested.samples as mean,
                   greatest(0, coalesce(missed.squares, 0) - power(coalesce(missed.total, 0), 2) / tested.samples)
                       / nullif(tested.samples - 1, 0) as variance
              from registry.dataset
             cross join lateral (select sample.label, count(*) as samples
                                   from registry.sample
                                  where sample.dataset_id = of_dataset
                                    and sample.split = 'test'
                                    and (of_label is null or sample.label = of_label)
                                  group by sample.label) as tested
              left join (select hard.label,
                                count(*) as samples,
                                sum(hard.missed_share) as total,
                                sum(power(hard.missed_share, 2)) as squares
                           from analysis.hard_samples(of_dataset, of_model, of_label, since, until) as hard
                          group by hard.label) as missed
                using (label)
             where dataset.dataset_id = of_dataset) as class
     where (analysis.tested_versions(of_dataset, of_model, since, until)).versions > 0
$$;
comment on function analysis.hard_classes(bigint, text, smallint, timestamptz, timestamptz) is
    'The error rate of each class with one vote an architecture, and its 95 % interval: what other test samples of the class would give.';


create or replace view analysis.class_difficulty as
select dataset.name as dataset,
       dataset.version as dataset_version,
       hard.label,
       hard.class_name,
       hard.samples,
       hard.missed_samples,
       hard.error_rate,
       hard.error_rate_lower,
       hard.error_rate_upper,
       dataset.dataset_id
  from registry.dataset
 cross join lateral analysis.hard_classes(dataset.dataset_id) as hard;
comment on view analysis.class_difficulty is
    'How often each class is missed, over all model versions tested on the data set, with one vote an architecture.';
comment on column analysis.class_difficulty.dataset is 'Name of the data set.';
comment on column analysis.class_difficulty.dataset_version is 'Its version.';
comment on column analysis.class_difficulty.label is 'The class.';
comment on column analysis.class_difficulty.class_name is 'Its name.';
comment on column analysis.class_difficulty.samples is 'Test samples of the class.';
comment on column analysis.class_difficulty.missed_samples is 'Those that at least one version misses.';
comment on column analysis.class_difficulty.error_rate is 'Mean over the samples of the share of votes that miss them.';
comment on column analysis.class_difficulty.error_rate_lower is 'Lower end of its 95 % interval over samples.';
comment on column analysis.class_difficulty.error_rate_upper is 'Upper end of its 95 % interval over samples.';
comment on column analysis.class_difficulty.dataset_id is 'Key of the data set.';


create or replace function analysis.learning_of_sample(
    of_sample               bigint,
    of_model                text default null,
    out mean_learned_epoch  double precision,
    out mean_forgotten      double precision
)
    language sql
    stable
as $$
    select avg(learning.learned_epoch), avg(learning.forgotten)
      from (select sum(tested.versions - coalesce(missed.versions, 0) + coalesce(missed.learned_epoch_sum, 0))
                       / nullif(sum(tested.versions - coalesce(missed.versions, 0)
                                        + coalesce(missed.learned_versions, 0)), 0)::double precision as learned_epoch,
                   sum(coalesce(missed.forgotten, 0)) / sum(tested.versions)::double precision as forgotten
              from registry.sample
              join registry.tested_architecture as tested using (dataset_id)
              join registry.model using (model_id)
              left join registry.sample_learning as missed using (sample_id, dataset_id, model_id, architecture)
             where sample.sample_id = of_sample
               and (of_model is null or model.name = of_model)
             group by tested.architecture) as learning
$$;
comment on function analysis.learning_of_sample(bigint, text) is
    'The first epoch after which a test sample was classified rightly, null where it never was, and how often it was missed again after an epoch; means over versions, with one vote an architecture (Toneva and others, 2019).';


create or replace view analysis.sample_difficulty as
select dataset.name as dataset,
       dataset.version as dataset_version,
       sample.index,
       sample.label,
       hard.missed_by,
       hard.missed_share,
       hard.commonest_prediction,
       hard.mean_confidence,
       hard.label_doubt,
       sample.pixels,
       dataset.height,
       dataset.width,
       sample.sample_id,
       dataset.dataset_id
  from registry.dataset
 cross join lateral analysis.hard_samples(dataset.dataset_id) as hard
  join registry.sample
    on sample.sample_id = hard.sample_id;
comment on view analysis.sample_difficulty is
    'The test samples that at least one model version misses, by the share of versions that do, with one vote an architecture.';
comment on column analysis.sample_difficulty.dataset is 'Name of the data set.';
comment on column analysis.sample_difficulty.dataset_version is 'Its version.';
comment on column analysis.sample_difficulty.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.sample_difficulty.label is 'The true class.';
comment on column analysis.sample_difficulty.missed_by is 'Model versions that classify it wrongly.';
comment on column analysis.sample_difficulty.missed_share is
    'Mean over architectures of the share of their versions that classify it wrongly.';
comment on column analysis.sample_difficulty.commonest_prediction is 'The wrong class with the most votes; the smallest of several.';
comment on column analysis.sample_difficulty.mean_confidence is 'Mean probability given to the wrong class, where it is missed.';
comment on column analysis.sample_difficulty.label_doubt is
    'Mean probability that versions, with one vote an architecture, give to the one wrong class that they agree on most.';
comment on column analysis.sample_difficulty.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.sample_difficulty.height is 'Rows of the image, in pixels.';
comment on column analysis.sample_difficulty.width is 'Columns of the image, in pixels.';
comment on column analysis.sample_difficulty.sample_id is 'Key of the sample.';
comment on column analysis.sample_difficulty.dataset_id is 'Key of the data set.';
