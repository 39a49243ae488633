-- What reading needs to stay fast with ten thousand versions: the sums once more without model and prediction, and the
-- ways to find a sample's rows and a class's size.

create table registry.missed_total (
    dataset_id      bigint           not null,
    architecture    text             not null,
    sample_id       bigint           not null,
    label           smallint         not null,
    versions        integer          not null,
    confidence_sum  double precision not null,
    constraint missed_total_pkey primary key (dataset_id, architecture, sample_id),
    constraint missed_total_dataset_id_fkey foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint missed_total_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
comment on table registry.missed_total is
    'How many versions of each architecture miss a test sample: registry.missed_sample added up. Kept by a trigger.';
comment on column registry.missed_total.dataset_id is 'The data set.';
comment on column registry.missed_total.architecture is 'The architecture, as in registry.run.';
comment on column registry.missed_total.sample_id is 'The test sample.';
comment on column registry.missed_total.label is 'Its true class.';
comment on column registry.missed_total.versions is 'Model versions that miss it.';
comment on column registry.missed_total.confidence_sum is 'Sum of the probabilities that they give to their wrong class.';

-- A probability that is no number counts as 0, here and where versions are counted: a sum with it would stay none, also
-- after its version is gone.
update registry.missed_sample as known
   set confidence_sum = (select coalesce(sum(wrong.confidence::double precision), 0)
                           from registry.model_version as version
                           join registry.run using (run_id)
                           join registry.misclassification as wrong
                             on wrong.run_id = version.run_id
                            and wrong.epoch = version.epoch
                          where version.model_id = known.model_id
                            and run.dataset_id = known.dataset_id
                            and run.architecture = known.architecture
                            and wrong.sample_id = known.sample_id
                            and wrong.predicted = known.predicted
                            and wrong.confidence <> 'NaN')
 where confidence_sum = 'NaN';

insert into registry.missed_total
select dataset_id, architecture, sample_id, label, sum(versions), sum(confidence_sum)
  from registry.missed_sample
 group by dataset_id, architecture, sample_id, label;

create index missed_sample_sample_id_index on registry.missed_sample (sample_id);
create index sample_class_index on registry.sample (dataset_id, split, label);

-- Rows are written in order of the sample, so that two versions registered at once wait for each other and never both.
create or replace function registry.count_version(of_run bigint, of_epoch integer, sign integer) returns void
    language plpgsql
as $$
declare
    counted registry.run;
begin
    select * into strict counted from registry.run where run_id = of_run;

    insert into registry.tested_architecture as known (dataset_id, model_id, architecture, versions)
    values (counted.dataset_id, counted.model_id, counted.architecture, sign)
        on conflict on constraint tested_architecture_pkey do update
       set versions = known.versions + excluded.versions;

    insert into registry.missed_sample as known
           (dataset_id, model_id, architecture, sample_id, label, predicted, versions, confidence_sum)
    select counted.dataset_id, counted.model_id, counted.architecture,
           wrong.sample_id, sample.label, wrong.predicted, sign,
           sign * coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision
      from registry.misclassification as wrong
      join registry.sample using (sample_id)
     where wrong.run_id = of_run
       and wrong.epoch = of_epoch
     order by wrong.sample_id
        on conflict on constraint missed_sample_pkey do update
       set versions = known.versions + excluded.versions,
           confidence_sum = known.confidence_sum + excluded.confidence_sum;

    insert into registry.missed_total as known
           (dataset_id, architecture, sample_id, label, versions, confidence_sum)
    select counted.dataset_id, counted.architecture,
           wrong.sample_id, sample.label, sign,
           sign * coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision
      from registry.misclassification as wrong
      join registry.sample using (sample_id)
     where wrong.run_id = of_run
       and wrong.epoch = of_epoch
     order by wrong.sample_id
        on conflict on constraint missed_total_pkey do update
       set versions = known.versions + excluded.versions,
           confidence_sum = known.confidence_sum + excluded.confidence_sum;

    insert into registry.sample_learning as known
           (dataset_id, model_id, architecture, sample_id, versions, learned_versions, learned_epoch_sum, forgotten)
    select counted.dataset_id, counted.model_id, counted.architecture, learning.sample_id,
           sign,
           case when learning.learned_epoch is null then 0 else sign end,
           sign * coalesce(learning.learned_epoch, 0),
           sign * learning.forgotten
      from registry.learning_of_run(of_run) as learning
     order by learning.sample_id
        on conflict on constraint sample_learning_pkey do update
       set versions = known.versions + excluded.versions,
           learned_versions = known.learned_versions + excluded.learned_versions,
           learned_epoch_sum = known.learned_epoch_sum + excluded.learned_epoch_sum,
           forgotten = known.forgotten + excluded.forgotten;

    if sign < 0 then
        delete from registry.missed_sample
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
        delete from registry.missed_total
         where dataset_id = counted.dataset_id and versions = 0;
        delete from registry.sample_learning
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
        delete from registry.tested_architecture
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
    end if;
end
$$;

-- Views and functions whose columns or parameters are others now.
drop view if exists analysis.unexplained_error, analysis.category_error, analysis.sample_category,
    analysis.sample_difficulty, analysis.sample_feature, analysis.tolerance, analysis.robustness, analysis.model_version;
drop function if exists analysis.wilson_interval(bigint, bigint);
drop function if exists analysis.hard_samples(bigint, text, smallint, timestamptz, timestamptz);
drop function if exists analysis.missed_by_architecture(bigint, text, smallint, timestamptz, timestamptz);
drop function if exists analysis.tested_versions(bigint, text, timestamptz, timestamptz);
drop function if exists analysis.learning_of_sample(bigint, text);
