-- Each architecture has one vote, however many versions it has: a hundred trainings of one network say no more about a
-- digit than one does. A probability that is NaN, which a network with huge weights gives, counts as 0.

create or replace view analysis.tested_architecture as
select tested.split_id,
       model.name as model,
       tested.architecture_id as architecture,
       tested.versions
  from registry.tested_architecture as tested
  join registry.model using (model_id);
comment on view analysis.tested_architecture is 'How many versions of each model and architecture were tested on a split.';
comment on column analysis.tested_architecture.split_id is 'Key of the test split.';
comment on column analysis.tested_architecture.model is 'The model.';
comment on column analysis.tested_architecture.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.tested_architecture.versions is 'Model versions.';


create or replace view analysis.missed_sample as
select missed.split_id,
       model.name as model,
       missed.architecture_id as architecture,
       missed.sample_id,
       missed.label,
       missed.predicted,
       missed.versions,
       missed.confidence_sum
  from registry.missed_sample as missed
  join registry.model using (model_id);
comment on view analysis.missed_sample is
    'How many versions of each model and architecture take a test sample for a wrong class.';
comment on column analysis.missed_sample.split_id is 'Key of the test split.';
comment on column analysis.missed_sample.model is 'The model.';
comment on column analysis.missed_sample.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.missed_sample.sample_id is 'Key of the sample.';
comment on column analysis.missed_sample.label is 'The true class.';
comment on column analysis.missed_sample.predicted is 'The wrong class.';
comment on column analysis.missed_sample.versions is 'Model versions that predict it.';
comment on column analysis.missed_sample.confidence_sum is 'Sum of the probabilities that they give to it.';


create or replace view analysis.missed_total as
select split_id,
       architecture_id as architecture,
       sample_id,
       label,
       versions,
       confidence_sum
  from registry.missed_total;
comment on view analysis.missed_total is 'How many versions of each architecture miss a test sample.';
comment on column analysis.missed_total.split_id is 'Key of the test split.';
comment on column analysis.missed_total.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.missed_total.sample_id is 'Key of the sample.';
comment on column analysis.missed_total.label is 'The true class.';
comment on column analysis.missed_total.versions is 'Model versions that miss it.';
comment on column analysis.missed_total.confidence_sum is 'Sum of the probabilities that they give to their wrong class.';


create or replace view analysis.sample_learning as
select learning.split_id,
       model.name as model,
       learning.architecture_id as architecture,
       learning.sample_id,
       learning.versions,
       learning.learned_versions,
       learning.learned_epoch_sum,
       learning.forgotten
  from registry.sample_learning as learning
  join registry.model using (model_id);
comment on view analysis.sample_learning is
    'When test samples were learned, over the versions that missed them after at least one epoch; all others knew them from the first epoch on.';
comment on column analysis.sample_learning.split_id is 'Key of the test split.';
comment on column analysis.sample_learning.model is 'The model.';
comment on column analysis.sample_learning.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.sample_learning.sample_id is 'Key of the sample.';
comment on column analysis.sample_learning.versions is 'Model versions that missed it after at least one epoch.';
comment on column analysis.sample_learning.learned_versions is 'Those that classified it rightly after some epoch.';
comment on column analysis.sample_learning.learned_epoch_sum is 'Sum of the first such epochs.';
comment on column analysis.sample_learning.forgotten is
    'How often it was missed after an epoch having been classified correctly after the one before.';


create or replace function analysis.tested(
    of_dataset        bigint,
    of_model          text default null,
    since             timestamptz default null,
    until             timestamptz default null,
    out architecture  integer,
    out versions      bigint
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
as $$
-- A branch is planned when it is taken: planning all of them at once would take longer than the answer.
begin
    if since is null and until is null then
        return query
        select known.architecture, sum(known.versions)::bigint
          from analysis.tested_architecture as known
         where known.split_id = analysis.test_split(of_dataset)
           and (of_model is null or known.model = of_model)
         group by known.architecture;
    else
        return query
        select version.architecture, count(*)
          from analysis.model_version as version
         where version.test_split_id = analysis.test_split(of_dataset)
           and (of_model is null or version.model = of_model)
           and version.registered_at >= coalesce(since, '-infinity')
           and version.registered_at < coalesce(until, 'infinity')
         group by version.architecture;
    end if;
end
$$;
comment on function analysis.tested(bigint, text, timestamptz, timestamptz) is
    'How many model versions of each architecture were tested on the test split of a data set, whatever they were trained on. Filters that are null are none; a period is that of registration, its end excluded.';


create or replace function analysis.tested_versions(
    of_dataset         bigint,
    of_model           text default null,
    since              timestamptz default null,
    until              timestamptz default null,
    out versions       bigint,
    out architectures  bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1
as $$
    select coalesce(sum(tested.versions), 0)::bigint, count(*)
      from analysis.tested(of_dataset, of_model, since, until) as tested
$$;
comment on function analysis.tested_versions(bigint, text, timestamptz, timestamptz) is
    'How many model versions, and of how many architectures, were tested on the test split of a data set. Filters as in analysis.tested.';


-- A share is a mean of quotients: where all versions miss a sample, each quotient is 1, and so is the share.
-- Planned for each call: a plan for any arguments takes a few architectures for granted.
create or replace function analysis.missed_samples(
    of_dataset           bigint,
    of_model             text default null,
    of_label             smallint default null,
    since                timestamptz default null,
    until                timestamptz default null,
    out sample_id        bigint,
    out label            smallint,
    out missed_by        bigint,
    out missed_share     double precision,
    out mean_confidence  double precision,
    out missed_by_all    boolean
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 10000
    set plan_cache_mode = force_custom_plan
as $$
declare
    tested_versions record;
begin
    select * into tested_versions from analysis.tested_versions(of_dataset, of_model, since, until);
    -- As in analysis.tested, a branch for each source: sums over all models, sums of each, the misses themselves.
    if since is not null or until is not null then
        -- The versions first: their misses are then found by run and epoch, and those of other epochs are not read.
        return query
        with tested as materialized (
            select * from analysis.tested(of_dataset, of_model, since, until)
        ), version as materialized (
            select version.run, version.epochs as epoch, version.architecture
              from analysis.model_version as version
             where version.test_split_id = analysis.test_split(of_dataset)
               and (of_model is null or version.model = of_model)
               and version.registered_at >= coalesce(since, '-infinity')
               and version.registered_at < coalesce(until, 'infinity')
        )
        select missed.sample_id,
               missed.label,
               sum(missed.versions)::bigint,
               sum(missed.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(missed.confidence_sum / tested.versions)
                   / sum(missed.versions::double precision / tested.versions),
               sum(missed.versions) = tested_versions.versions
          from (select wrong.sample_id,
                       wrong.label,
                       version.architecture,
                       count(*) as versions,
                       sum(coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision) as confidence_sum
                  from version
                  join analysis.epoch_misclassification as wrong using (run, epoch)
                 where of_label is null
                    or wrong.label = of_label
                 group by wrong.sample_id, wrong.label, version.architecture) as missed
          join tested using (architecture)
         group by missed.sample_id, missed.label;
    elsif of_model is not null then
        return query
        select missed.sample_id,
               missed.label,
               sum(missed.versions)::bigint,
               sum(missed.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(missed.confidence_sum / tested.versions)
                   / sum(missed.versions::double precision / tested.versions),
               sum(missed.versions) = tested_versions.versions
          from (select known.sample_id,
                       known.label,
                       known.architecture,
                       sum(known.versions) as versions,
                       sum(known.confidence_sum) as confidence_sum
                  from analysis.missed_sample as known
                 where known.split_id = analysis.test_split(of_dataset)
                   and known.model = of_model
                   and (of_label is null or known.label = of_label)
                 group by known.sample_id, known.label, known.architecture) as missed
          join analysis.tested(of_dataset, of_model) as tested using (architecture)
         group by missed.sample_id, missed.label;
    else
        return query
        select total.sample_id,
               total.label,
               sum(total.versions)::bigint,
               sum(total.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(total.confidence_sum / tested.versions)
                   / sum(total.versions::double precision / tested.versions),
               sum(total.versions) = tested_versions.versions
          from analysis.missed_total as total
          join analysis.tested(of_dataset) as tested using (architecture)
         where total.split_id = analysis.test_split(of_dataset)
           and (of_label is null or total.label = of_label)
         group by total.sample_id, total.label;
    end if;
end
$$;
comment on function analysis.missed_samples(bigint, text, smallint, timestamptz, timestamptz) is
    'The test samples of a data set that at least one model version misses: by how many, by what share with one vote for each architecture, the mean probability of the wrong class, and whether all versions miss it. Filters as in analysis.tested.';


create or replace function analysis.mistaken_for(
    of_dataset                bigint,
    of_samples                bigint[] default null,
    of_model                  text default null,
    since                     timestamptz default null,
    until                     timestamptz default null,
    out sample_id             bigint,
    out commonest_prediction  smallint,
    out label_doubt           double precision
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
    set plan_cache_mode = force_custom_plan
as $$
declare
    architectures bigint := (analysis.tested_versions(of_dataset, of_model, since, until)).architectures;
begin
    if since is null and until is null then
        return query
        select wrong.sample_id,
               (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1],
               max(wrong.confidence) / architectures
          from (select missed.sample_id,
                       missed.predicted,
                       sum(missed.versions::double precision / tested.versions) as share,
                       sum(missed.confidence_sum / tested.versions) as confidence
                  from (select known.sample_id,
                               known.predicted,
                               known.architecture,
                               sum(known.versions) as versions,
                               sum(known.confidence_sum) as confidence_sum
                          from analysis.missed_sample as known
                         where known.split_id = analysis.test_split(of_dataset)
                           and (of_samples is null or known.sample_id = any (of_samples))
                           and (of_model is null or known.model = of_model)
                         group by known.sample_id, known.predicted, known.architecture) as missed
                  join analysis.tested(of_dataset, of_model) as tested using (architecture)
                 group by missed.sample_id, missed.predicted) as wrong
         group by wrong.sample_id;
    else
        return query
        with tested as materialized (
            select * from analysis.tested(of_dataset, of_model, since, until)
        ), version as materialized (
            select version.run, version.epochs as epoch, version.architecture
              from analysis.model_version as version
             where version.test_split_id = analysis.test_split(of_dataset)
               and (of_model is null or version.model = of_model)
               and version.registered_at >= coalesce(since, '-infinity')
               and version.registered_at < coalesce(until, 'infinity')
        )
        select wrong.sample_id,
               (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1],
               max(wrong.confidence) / architectures
          from (select missed.sample_id,
                       missed.predicted,
                       sum(missed.versions::double precision / tested.versions) as share,
                       sum(missed.confidence_sum / tested.versions) as confidence
                  from (select found.sample_id,
                               found.predicted,
                               version.architecture,
                               count(*) as versions,
                               sum(coalesce(nullif(found.confidence, 'NaN'), 0)::double precision) as confidence_sum
                          from version
                          join analysis.epoch_misclassification as found using (run, epoch)
                         where of_samples is null
                            or found.sample_id = any (of_samples)
                         group by found.sample_id, found.predicted, version.architecture) as missed
                  join tested using (architecture)
                 group by missed.sample_id, missed.predicted) as wrong
         group by wrong.sample_id;
    end if;
end
$$;
comment on function analysis.mistaken_for(bigint, bigint[], text, timestamptz, timestamptz) is
    'For test samples of a data set that model versions miss, all or those asked for: the wrong class that each is most often taken for, with one vote for each architecture, the smallest of several; and the largest mean probability given to one wrong class (label_doubt). Filters as in analysis.tested.';


create or replace function analysis.hard_samples(
    of_dataset                 bigint,
    of_model                   text default null,
    of_label                   smallint default null,
    since                      timestamptz default null,
    until                      timestamptz default null,
    most                       bigint default null,
    out sample_id              bigint,
    out label                  smallint,
    out missed_by              bigint,
    out missed_share           double precision,
    out commonest_prediction   smallint,
    out mean_confidence        double precision,
    out label_doubt            double precision,
    out missed_by_all          boolean
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
as $$
    with missed as materialized (
        select *
          from analysis.missed_samples(of_dataset, of_model, of_label, since, until)
         order by missed_share desc, mean_confidence desc, sample_id
         limit most
    )
    select missed.sample_id,
           missed.label,
           missed.missed_by,
           missed.missed_share,
           mistaken.commonest_prediction,
           missed.mean_confidence,
           mistaken.label_doubt,
           missed.missed_by_all
      from missed
      join analysis.mistaken_for(
               of_dataset,
               case when most is not null then array(select missed.sample_id from missed) end,
               of_model, since, until) as mistaken using (sample_id)
     order by missed.missed_share desc, missed.mean_confidence desc, missed.sample_id
$$;
comment on function analysis.hard_samples(bigint, text, smallint, timestamptz, timestamptz, bigint) is
    'The test samples that the largest share of versions miss, the hardest first, all or as many as asked for: analysis.missed_samples with what they are taken for.';


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
    -- An architecture that never missed a sample learned it in the first epoch and did not forget it.
    with tested as materialized (
        select * from analysis.tested(of_dataset, of_model)
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
    'For test samples of a data set: the first epoch after which each was classified correctly, null where it never was, and how often it was missed again after an epoch; means over versions, with one vote for each architecture (Toneva and others, 2019).';


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
comment on column analysis.sample_difficulty.mean_confidence is 'Mean probability given to the wrong class, where it is missed.';
comment on column analysis.sample_difficulty.label_doubt is
    'Mean probability that versions, with one vote for each architecture, give to the one wrong class that they agree on most.';
comment on column analysis.sample_difficulty.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.sample_difficulty.height is 'Rows of the image, in pixels.';
comment on column analysis.sample_difficulty.width is 'Columns of the image, in pixels.';
comment on column analysis.sample_difficulty.sample_id is 'Key of the sample.';
comment on column analysis.sample_difficulty.dataset_id is 'Key of the data set.';
comment on column analysis.sample_difficulty.missed_by_all is 'Whether every model version misses it.';
