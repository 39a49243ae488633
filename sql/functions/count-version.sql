create or replace function registry.learning_of_run(
    of_run               bigint,
    out sample_id        bigint,
    out learned_epoch    integer,
    out forgotten        integer
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    -- M. Toneva et al., "An empirical study of example forgetting during deep neural network learning", 2019.
    select missed.sample_id,
           -- The first epoch that is missing in 1, 2, 3, …, unless they all are there.
           nullif(count(*) filter (where missed.epoch = missed.position) + 1, run.epochs_finished + 1)::integer,
           count(*) filter (where missed.epoch > 1
                              and missed.epoch - 1 is distinct from missed.previous)::integer
      from (select misclassification.sample_id,
                   misclassification.epoch,
                   row_number() over sample_epochs as position,
                   lag(misclassification.epoch) over sample_epochs as previous
              from registry.misclassification
             where misclassification.run_id = of_run
            window sample_epochs as (partition by misclassification.sample_id order by misclassification.epoch)) as missed
      join registry.run
        on run.run_id = of_run
       and run.origin = 'trained'
     group by missed.sample_id, run.epochs_finished
$$;
comment on function registry.learning_of_run(bigint) is
    'For each test sample that a run missed after some epoch: the first epoch after which it was classified correctly, null when never, and how often it was forgotten. No row for imports, which tell nothing of epochs.';


-- Rows are written in order of the sample, so that two versions registered at once wait for each other and never both.
-- What is proposed is always positive: the checks of the sums see it also where a version is taken away.
create or replace function registry.count_version(of_run bigint, of_epoch integer, sign integer) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    counted record;
    learned registry.version_learning;
begin
    select run.model_id,
           run.architecture_id,
           dataset.test_split_id as split_id,
           (run.origin = 'trained')::integer as trained
      into strict counted
      from registry.run
      join registry.dataset using (dataset_id)
     where run.run_id = of_run;

    -- The epochs before the version's may be gone when it is deleted.
    if sign > 0 then
        insert into registry.version_learning (run_id, epoch, sample_ids, learned_epochs, forgotten)
        select of_run,
               of_epoch,
               coalesce(array_agg(learning.sample_id order by learning.sample_id), '{}'),
               coalesce(array_agg(learning.learned_epoch order by learning.sample_id), '{}'),
               coalesce(array_agg(learning.forgotten order by learning.sample_id), '{}')
          from registry.learning_of_run(of_run) as learning
        returning * into learned;
    else
        delete from registry.version_learning
         where run_id = of_run
           and epoch = of_epoch
        returning * into strict learned;
    end if;

    insert into registry.tested_architecture as known (split_id, model_id, architecture_id, versions, trained)
    values (counted.split_id, counted.model_id, counted.architecture_id, 1, counted.trained)
        on conflict on constraint tested_architecture_pkey do update
       set versions = known.versions + sign,
           trained = known.trained + sign * counted.trained;

    insert into registry.missed_sample as known
           (split_id, model_id, architecture_id, sample_id, label, predicted, versions, confidences, confidence_sum)
    select counted.split_id, counted.model_id, counted.architecture_id,
           wrong.sample_id, sample.label, wrong.predicted,
           1, num_nonnulls(wrong.confidence), coalesce(nullif(wrong.confidence, 'NaN'), 0)
      from registry.misclassification as wrong
      join registry.sample using (sample_id)
     where wrong.run_id = of_run
       and wrong.epoch = of_epoch
     order by wrong.sample_id
        on conflict on constraint missed_sample_pkey do update
       set versions = known.versions + sign,
           confidences = known.confidences + sign * excluded.confidences,
           confidence_sum = known.confidence_sum + sign * excluded.confidence_sum;

    insert into registry.missed_total as known
           (split_id, architecture_id, sample_id, label, versions, confidences, confidence_sum)
    select counted.split_id, counted.architecture_id,
           wrong.sample_id, sample.label,
           1, num_nonnulls(wrong.confidence), coalesce(nullif(wrong.confidence, 'NaN'), 0)
      from registry.misclassification as wrong
      join registry.sample using (sample_id)
     where wrong.run_id = of_run
       and wrong.epoch = of_epoch
     order by wrong.sample_id
        on conflict on constraint missed_total_pkey do update
       set versions = known.versions + sign,
           confidences = known.confidences + sign * excluded.confidences,
           confidence_sum = known.confidence_sum + sign * excluded.confidence_sum;

    insert into registry.sample_learning as known
           (split_id, model_id, architecture_id, sample_id, versions, learned_versions, learned_epoch_sum, forgotten)
    select counted.split_id, counted.model_id, counted.architecture_id, learning.sample_id,
           1,
           case when learning.learned_epoch is null then 0 else 1 end,
           coalesce(learning.learned_epoch, 0),
           learning.forgotten
      from unnest(learned.sample_ids, learned.learned_epochs, learned.forgotten)
               as learning (sample_id, learned_epoch, forgotten)
     order by learning.sample_id
        on conflict on constraint sample_learning_pkey do update
       set versions = known.versions + sign,
           learned_versions = known.learned_versions + sign * excluded.learned_versions,
           learned_epoch_sum = known.learned_epoch_sum + sign * excluded.learned_epoch_sum,
           forgotten = known.forgotten + sign * excluded.forgotten;

    if sign < 0 then
        delete from registry.missed_sample
         where split_id = counted.split_id
           and model_id = counted.model_id
           and architecture_id = counted.architecture_id
           and versions = 0;
        delete from registry.missed_total
         where split_id = counted.split_id
           and architecture_id = counted.architecture_id
           and versions = 0;
        delete from registry.sample_learning
         where sample_id = any (learned.sample_ids)
           and split_id = counted.split_id
           and model_id = counted.model_id
           and architecture_id = counted.architecture_id
           and versions = 0;
        delete from registry.tested_architecture
         where split_id = counted.split_id
           and model_id = counted.model_id
           and architecture_id = counted.architecture_id
           and versions = 0;
    end if;
end
$$;
comment on function registry.count_version(bigint, integer, integer) is
    'Adds what a model version misses to the sums (sign 1), or takes it away (sign −1).';
