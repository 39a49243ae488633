-- Each architecture has one vote, however many versions it has: a hundred trainings of one network say no more about a
-- digit than one does. A probability that is no number, which a network with huge weights gives, counts as 0.

create or replace view analysis.tested_architecture as
select tested.dataset_id,
       model.name as model,
       tested.architecture,
       tested.versions
  from registry.tested_architecture as tested
  join registry.model using (model_id);
comment on view analysis.tested_architecture is 'How many versions of each model and architecture were tested on a data set.';
comment on column analysis.tested_architecture.dataset_id is 'Key of the data set.';
comment on column analysis.tested_architecture.model is 'The model.';
comment on column analysis.tested_architecture.architecture is 'Tells architectures apart.';
comment on column analysis.tested_architecture.versions is 'Model versions.';


create or replace view analysis.missed_sample as
select missed.dataset_id,
       model.name as model,
       missed.architecture,
       missed.sample_id,
       missed.label,
       missed.predicted,
       missed.versions,
       missed.confidence_sum
  from registry.missed_sample as missed
  join registry.model using (model_id);
comment on view analysis.missed_sample is
    'How many versions of each model and architecture take a test sample for a wrong class.';
comment on column analysis.missed_sample.dataset_id is 'Key of the data set.';
comment on column analysis.missed_sample.model is 'The model.';
comment on column analysis.missed_sample.architecture is 'Tells architectures apart.';
comment on column analysis.missed_sample.sample_id is 'Key of the sample.';
comment on column analysis.missed_sample.label is 'The true class.';
comment on column analysis.missed_sample.predicted is 'The wrong class.';
comment on column analysis.missed_sample.versions is 'Model versions that predict it.';
comment on column analysis.missed_sample.confidence_sum is 'Sum of the probabilities that they give to it.';


create or replace view analysis.missed_total as
select dataset_id,
       architecture,
       sample_id,
       label,
       versions,
       confidence_sum
  from registry.missed_total;
comment on view analysis.missed_total is 'How many versions of each architecture miss a test sample.';
comment on column analysis.missed_total.dataset_id is 'Key of the data set.';
comment on column analysis.missed_total.architecture is 'Tells architectures apart.';
comment on column analysis.missed_total.sample_id is 'Key of the sample.';
comment on column analysis.missed_total.label is 'The true class.';
comment on column analysis.missed_total.versions is 'Model versions that miss it.';
comment on column analysis.missed_total.confidence_sum is 'Sum of the probabilities that they give to their wrong class.';


create or replace view analysis.sample_learning as
select learning.dataset_id,
       model.name as model,
       learning.architecture,
       learning.sample_id,
       learning.versions,
       learning.learned_versions,
       learning.learned_epoch_sum,
       learning.forgotten
  from registry.sample_learning as learning
  join registry.model using (model_id);
comment on view analysis.sample_learning is
    'When test samples were learned, over the versions that missed them after at least one epoch; all others knew them from the first epoch on.';
comment on column analysis.sample_learning.dataset_id is 'Key of the data set.';
comment on column analysis.sample_learning.model is 'The model.';
comment on column analysis.sample_learning.architecture is 'Tells architectures apart.';
comment on column analysis.sample_learning.sample_id is 'Key of the sample.';
comment on column analysis.sample_learning.versions is 'Model versions that missed it after at least one epoch.';
comment on column analysis.sample_learning.learned_versions is 'Those that classified it rightly after some epoch.';
comment on column analysis.sample_learning.learned_epoch_sum is 'Sum of the first such epochs.';
comment on column analysis.sample_learning.forgotten is
    'How often it was missed after an epoch having been classified rightly after the one before.';


create or replace function analysis.tested(
    of_dataset        bigint,
    of_model          text default null,
    since             timestamptz default null,
    until             timestamptz default null,
    out architecture  text,
    out versions      bigint
)
    returns setof record
    language plpgsql
    stable
    rows 10
as $$
-- A branch is planned when it is taken: planning all of them at once would take longer than the answer.
begin
    if since is null and until is null then
        return query
        select known.architecture, sum(known.versions)::bigint
          from analysis.tested_architecture as known
         where known.dataset_id = of_dataset
           and (of_model is null or known.model = of_model)
         group by known.architecture;
    else
        return query
        select version.architecture, count(*)
          from analysis.model_version as version
         where version.dataset_id = of_dataset
           and (of_model is null or version.model = of_model)
           and version.registered_at >= coalesce(since, '-infinity')
           and version.registered_at < coalesce(until, 'infinity')
         group by version.architecture;
    end if;
end
$$;
comment on function analysis.tested(bigint, text, timestamptz, timestamptz) is
    'How many model versions of each architecture were tested on a data set. Null filters are none; a period is that of registration, its end excluded.';


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
    stable
as $$
    select coalesce(sum(tested.versions), 0)::bigint, count(*)
      from analysis.tested(of_dataset, of_model, since, until) as tested
$$;
comment on function analysis.tested_versions(bigint, text, timestamptz, timestamptz) is
    'How many model versions, and of how many architectures, were tested on a data set. Filters as in analysis.tested.';


create or replace function analysis.votes(
    of_dataset        bigint,
    of_model          text,
    since             timestamptz,
    until             timestamptz,
    out architecture  text,
    out weight        double precision
)
    returns setof record
    language sql
    stable
as $$
    select tested.architecture, 1.0::double precision / tested.versions / count(*) over ()
      from analysis.tested(of_dataset, of_model, since, until) as tested
$$;
comment on function analysis.votes(bigint, text, timestamptz, timestamptz) is
    'What one version of each architecture counts, so that each architecture has one vote and all votes together are 1. Filters as in analysis.tested.';


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
    out mean_confidence  double precision
)
    returns setof record
    language plpgsql
    stable
    rows 10000
as $$
-- As in analysis.tested, a branch for each source: sums over all models, sums of each, the misses themselves.
begin
    if since is not null or until is not null then
        return query
        select wrong.sample_id,
               wrong.label,
               count(*),
               sum(vote.weight),
               sum(coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision * vote.weight) / sum(vote.weight)
          from analysis.misclassified_sample as wrong
          join analysis.votes(of_dataset, of_model, since, until) as vote using (architecture)
         where wrong.dataset_id = of_dataset
           and (of_label is null or wrong.label = of_label)
           and (of_model is null or wrong.model = of_model)
           and wrong.registered_at >= coalesce(since, '-infinity')
           and wrong.registered_at < coalesce(until, 'infinity')
         group by wrong.sample_id, wrong.label;
    elsif of_model is not null then
        return query
        select known.sample_id,
               known.label,
               sum(known.versions)::bigint,
               sum(known.versions * vote.weight),
               sum(known.confidence_sum * vote.weight) / sum(known.versions * vote.weight)
          from analysis.missed_sample as known
          join analysis.votes(of_dataset, of_model, since, until) as vote using (architecture)
         where known.dataset_id = of_dataset
           and known.model = of_model
           and (of_label is null or known.label = of_label)
         group by known.sample_id, known.label;
    else
        return query
        select total.sample_id,
               total.label,
               sum(total.versions)::bigint,
               sum(total.versions * vote.weight),
               sum(total.confidence_sum * vote.weight) / sum(total.versions * vote.weight)
          from analysis.missed_total as total
          join analysis.votes(of_dataset, of_model, since, until) as vote using (architecture)
         where total.dataset_id = of_dataset
           and (of_label is null or total.label = of_label)
         group by total.sample_id, total.label;
    end if;
end
$$;
comment on function analysis.missed_samples(bigint, text, smallint, timestamptz, timestamptz) is
    'The test samples of a data set that at least one model version misses: by how many, by what share with one vote an architecture, and the mean probability of the wrong class. Filters as in analysis.tested.';


create or replace function analysis.mistaken_for(
    of_sample                 bigint,
    of_dataset                bigint,
    of_model                  text default null,
    since                     timestamptz default null,
    until                     timestamptz default null,
    out commonest_prediction  smallint,
    out label_doubt           double precision
)
    returns setof record
    language plpgsql
    stable
    rows 1
as $$
begin
    if since is null and until is null then
        return query
        select (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1], max(wrong.confidence)
          from (select known.predicted,
                       sum(known.versions * vote.weight) as share,
                       sum(known.confidence_sum * vote.weight) as confidence
                  from analysis.missed_sample as known
                  join analysis.votes(of_dataset, of_model, since, until) as vote using (architecture)
                 where known.sample_id = of_sample
                   and (of_model is null or known.model = of_model)
                 group by known.predicted) as wrong;
    else
        return query
        select (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1], max(wrong.confidence)
          from (select found.predicted,
                       sum(vote.weight) as share,
                       sum(coalesce(nullif(found.confidence, 'NaN'), 0)::double precision * vote.weight) as confidence
                  from analysis.misclassified_sample as found
                  join analysis.votes(of_dataset, of_model, since, until) as vote using (architecture)
                 where found.sample_id = of_sample
                   and (of_model is null or found.model = of_model)
                   and found.registered_at >= coalesce(since, '-infinity')
                   and found.registered_at < coalesce(until, 'infinity')
                 group by found.predicted) as wrong;
    end if;
end
$$;
comment on function analysis.mistaken_for(bigint, bigint, text, timestamptz, timestamptz) is
    'The wrong class that a test sample is most often taken for, with one vote an architecture, the smallest of several; and the largest mean probability given to one wrong class (label_doubt). Filters as in analysis.tested.';


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
    out label_doubt            double precision
)
    returns setof record
    language sql
    stable
as $$
    select missed.sample_id,
           missed.label,
           missed.missed_by,
           missed.missed_share,
           mistaken.commonest_prediction,
           missed.mean_confidence,
           mistaken.label_doubt
      from (select *
              from analysis.missed_samples(of_dataset, of_model, of_label, since, until)
             order by missed_share desc, mean_confidence desc, sample_id
             limit most) as missed
     cross join lateral analysis.mistaken_for(missed.sample_id, of_dataset, of_model, since, until) as mistaken
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
    stable
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
     where exists (select from analysis.votes(of_dataset, of_model, since, until))
$$;
comment on function analysis.hard_classes(bigint, text, smallint, timestamptz, timestamptz) is
    'The error rate of each class with one vote an architecture, and its 95 % interval (Wilson, 1927): what other test samples of the class would give.';


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
    returns setof record
    language sql
    stable
as $$
    select avg(learning.learned_epoch), avg(learning.forgotten)
      from (select sum(tested.versions - coalesce(missed.versions, 0) + coalesce(missed.learned_epoch_sum, 0))
                       / nullif(sum(tested.versions - coalesce(missed.versions, 0)
                                        + coalesce(missed.learned_versions, 0)), 0)::double precision as learned_epoch,
                   sum(coalesce(missed.forgotten, 0)) / sum(tested.versions)::double precision as forgotten
              from analysis.sample
              join analysis.tested_architecture as tested using (dataset_id)
              left join analysis.sample_learning as missed using (sample_id, dataset_id, model, architecture)
             where sample.sample_id = of_sample
               and (of_model is null or tested.model = of_model)
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
