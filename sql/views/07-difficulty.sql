-- Each architecture has one vote, however many versions it has: a hundred trainings of one network say no more about a
-- digit than one does. Imported predictions vote by their producer. A probability that is NaN, which a network with huge
-- weights gives, counts as 0; one that is not known is in no mean.

create or replace view analysis.tested_architecture as
select tested.split_id,
       model.name as model,
       tested.architecture_id as architecture,
       tested.versions,
       (select known.definition ->> 'producer'
          from registry.architecture as known
         where known.architecture_id = tested.architecture_id) as producer,
       tested.trained
  from registry.tested_architecture as tested
  join registry.model using (model_id);
comment on view analysis.tested_architecture is 'How many versions of each model and architecture were tested on a split.';
comment on column analysis.tested_architecture.split_id is 'Key of the test split.';
comment on column analysis.tested_architecture.model is 'The model.';
comment on column analysis.tested_architecture.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.tested_architecture.versions is 'Model versions.';
comment on column analysis.tested_architecture.producer is
    'Who made the predictions that were imported; null for networks.';
comment on column analysis.tested_architecture.trained is
    'Those of the versions that were trained here: they alone tell when a sample was learned.';


create or replace view analysis.missed_sample as
select missed.split_id,
       model.name as model,
       missed.architecture_id as architecture,
       missed.sample_id,
       missed.label,
       missed.predicted,
       missed.versions,
       missed.confidences,
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
comment on column analysis.missed_sample.confidences is 'Those of them of which the probability that they give to it is known.';
comment on column analysis.missed_sample.confidence_sum is 'Sum of these probabilities.';


create or replace view analysis.missed_total as
select split_id,
       architecture_id as architecture,
       sample_id,
       label,
       versions,
       confidences,
       confidence_sum
  from registry.missed_total;
comment on view analysis.missed_total is 'How many versions of each architecture miss a test sample.';
comment on column analysis.missed_total.split_id is 'Key of the test split.';
comment on column analysis.missed_total.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.missed_total.sample_id is 'Key of the sample.';
comment on column analysis.missed_total.label is 'The true class.';
comment on column analysis.missed_total.versions is 'Model versions that miss it.';
comment on column analysis.missed_total.confidences is
    'Those of them of which the probability that they give to their wrong class is known.';
comment on column analysis.missed_total.confidence_sum is 'Sum of these probabilities.';


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
comment on column analysis.sample_learning.learned_versions is 'Those that classified it correctly after some epoch.';
comment on column analysis.sample_learning.learned_epoch_sum is 'Sum of the first such epochs.';
comment on column analysis.sample_learning.forgotten is
    'How often it was missed after an epoch having been classified correctly after the one before.';


create or replace function analysis.tested_runs(
    of_dataset        bigint,
    of_model          text default null,
    since             timestamptz default null,
    until             timestamptz default null,
    out run           bigint,
    out epoch         integer,
    out architecture  integer
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
as $$
    select version.run, version.epoch, version.architecture
      from analysis.model_version as version
     where version.test_split_id = analysis.test_split(of_dataset)
       and (of_model is null or version.model = of_model)
       and version.registered_at >= coalesce(since, '-infinity')
       and version.registered_at < coalesce(until, 'infinity')
$$;
comment on function analysis.tested_runs(bigint, text, timestamptz, timestamptz) is
    'The model versions that were tested on the test split of a data set: run, epoch and architecture of each. Filters that are null are none; a period is that of registration, its end excluded.';


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
          from analysis.tested_runs(of_dataset, of_model, since, until) as version
         group by version.architecture;
    end if;
end
$$;
comment on function analysis.tested(bigint, text, timestamptz, timestamptz) is
    'How many model versions of each architecture were tested on the test split of a data set, whatever they were trained on. Filters as in analysis.tested_runs.';


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
    'How many model versions, and of how many architectures, were tested on the test split of a data set. Filters as in analysis.tested_runs.';
