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
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 10
as $$
    -- The mean of the samples' shares, with Wilson's interval as if so many of the samples were missed by all: versions
    -- are tested on the same samples, so that predictions are not independent, and samples are. No distribution of shares
    -- with this mean varies more than that one.
    select class.label,
           class.name,
           class.samples,
           class.missed_samples,
           class.total / class.samples,
           wilson.lower,
           wilson.upper
      from (select tested.label,
                   tested.class_name as name,
                   tested.samples,
                   coalesce(missed.samples, 0) as missed_samples,
                   coalesce(missed.total, 0) as total
              from (select balance.label, balance.class_name, balance.samples
                      from analysis.class_balance as balance
                     where balance.dataset_id = of_dataset
                       and balance.split = 'test'
                       and (of_label is null or balance.label = of_label)) as tested
              left join (select hard.label,
                                count(*) as samples,
                                sum(hard.missed_share) as total
                           from analysis.missed_samples(of_dataset, of_model, of_label, since, until) as hard
                          group by hard.label) as missed
                using (label)) as class
     cross join lateral analysis.wilson_interval(class.total, class.samples) as wilson
     where (select versions from analysis.tested_versions(of_dataset, of_model, since, until)) > 0
$$;
comment on function analysis.hard_classes(bigint, text, smallint, timestamptz, timestamptz) is
    'The error rate of each class with one vote for each architecture, and its 95 % interval (Wilson, 1927): what other test samples of the class would give.';


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
    'How often each class is missed, over all model versions tested on the data set, with one vote for each architecture.';
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


create or replace function analysis.learning_of_samples(
    of_dataset              bigint,
    of_samples              bigint[],
    of_model                text default null,
    out sample_id           bigint,
    out mean_learned_epoch  double precision,
    out mean_forgotten      double precision
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 20
as $$
    -- An architecture that never missed a sample learned it in the first epoch and did not forget it. Of imports
    -- nothing is known of that.
    with tested as materialized (
        select known.architecture,
               sum(known.trained) as versions
          from analysis.tested_architecture as known
         where known.split_id = analysis.test_split(of_dataset)
           and (of_model is null or known.model = of_model)
         group by known.architecture
        having sum(known.trained) > 0
    ), learning as (
        select missed.sample_id,
               (tested.versions - missed.versions + missed.learned_epoch_sum)
                   / nullif(tested.versions - missed.versions + missed.learned_versions, 0)::double precision
                   as learned_epoch,
               missed.forgotten / tested.versions::double precision as forgotten
          from (select known.sample_id,
                       known.architecture,
                       sum(known.versions) as versions,
                       sum(known.learned_versions) as learned_versions,
                       sum(known.learned_epoch_sum) as learned_epoch_sum,
                       sum(known.forgotten) as forgotten
                  from analysis.sample_learning as known
                 where known.sample_id = any (of_samples)
                   and known.split_id = analysis.test_split(of_dataset)
                   and (of_model is null or known.model = of_model)
                 group by known.sample_id, known.architecture) as missed
          join tested using (architecture)
    )
    select asked.sample_id,
           (coalesce(sum(learning.learned_epoch), 0) + votes.total - count(learning.sample_id))
               / nullif(votes.total - count(learning.sample_id) + count(learning.learned_epoch), 0),
           coalesce(sum(learning.forgotten), 0) / votes.total
      from unnest(of_samples) as asked (sample_id)
     cross join (select count(*) as total from tested) as votes
      left join learning using (sample_id)
     where votes.total > 0
     group by asked.sample_id, votes.total
$$;
comment on function analysis.learning_of_samples(bigint, bigint[], text) is
    'For test samples of a data set: the first epoch after which each was classified correctly, null where it never was, and how often it was missed again after an epoch; means over the versions that were trained here, with one vote for each architecture (Toneva and others, 2019).';


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
       split.height,
       split.width,
       sample.sample_id,
       dataset.dataset_id,
       hard.missed_by_all
  from registry.dataset
  join registry.split
    on split.split_id = dataset.test_split_id
 cross join lateral analysis.hard_samples(dataset.dataset_id) as hard
  join registry.sample
    on sample.sample_id = hard.sample_id;
comment on view analysis.sample_difficulty is
    'The test samples that at least one model version misses, by the share of versions that do, with one vote for each architecture.';
comment on column analysis.sample_difficulty.dataset is 'Name of the data set.';
comment on column analysis.sample_difficulty.dataset_version is 'Its version.';
comment on column analysis.sample_difficulty.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.sample_difficulty.label is 'The true class.';
comment on column analysis.sample_difficulty.missed_by is 'Model versions that classify it wrongly.';
comment on column analysis.sample_difficulty.missed_share is
    'Mean over architectures of the share of their versions that classify it wrongly.';
comment on column analysis.sample_difficulty.commonest_prediction is 'The wrong class with the most votes; the smallest of several.';
comment on column analysis.sample_difficulty.mean_confidence is
    'Mean probability given to the wrong class, where it is missed and that is known; null where it never is.';
comment on column analysis.sample_difficulty.label_doubt is
    'Mean probability that versions, with one vote for each architecture, give to the one wrong class that they agree on most; over those of which it is known, null where there is none.';
comment on column analysis.sample_difficulty.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.sample_difficulty.height is 'Rows of the image, in pixels.';
comment on column analysis.sample_difficulty.width is 'Columns of the image, in pixels.';
comment on column analysis.sample_difficulty.sample_id is 'Key of the sample.';
comment on column analysis.sample_difficulty.dataset_id is 'Key of the data set.';
comment on column analysis.sample_difficulty.missed_by_all is 'Whether every model version misses it.';
