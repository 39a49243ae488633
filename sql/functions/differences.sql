-- What constraints and triggers keep, and sums of what they are sums of, computed again from the rows. Rows that were
-- restored, or written past the triggers, may differ.
create or replace function registry.differences(
    out subject    text,
    out statement  text,
    out differing  bigint
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with stored as (
        select split_id,
               count(*) as samples,
               max(label) + 1 as label_bound,
               min(octet_length(pixels)) as least_size,
               max(octet_length(pixels)) as greatest_size
          from registry.sample
         group by split_id
    )
    select 'splits', 'are whole, with pixels of their size and labels below their bound', count(*)
      from registry.split
      left join stored using (split_id)
     where (stored.samples, stored.label_bound, stored.least_size, stored.greatest_size)
           is distinct from
           (split.samples::bigint, split.label_bound, split.channels * split.height * split.width,
            split.channels * split.height * split.width)

     union all
    select 'data sets', 'have splits of one image size and a name for each class', count(*)
      from registry.dataset
     where exists (select
                     from registry.split
                    where split_id in (dataset.training_split_id, dataset.validation_split_id, dataset.test_split_id)
                   having count(distinct (channels, height, width)) > 1
                       or max(label_bound) > cardinality(dataset.class_names))

     union all
    select 'runs', 'have the architecture of their configuration', count(*)
      from registry.run
      join registry.architecture using (architecture_id)
     where architecture.definition
           <> case jsonb_typeof(run.configuration -> 'architecture')
                  when 'object' then (run.configuration -> 'architecture') - 'name'
                  else coalesce(run.configuration -> 'architecture', 'null')
              end

     union all
    select 'runs', 'have finished the last epoch that is stored', count(*)
      from registry.run
     where epochs_finished <> coalesce((select max(epoch)
                                          from registry.epoch_metric
                                         where epoch_metric.run_id = run.run_id), 0)

     union all
    select 'epochs', 'were tested on all samples of the test split', count(*)
      from registry.epoch_metric
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.split on split.split_id = dataset.test_split_id
     where epoch_metric.test_samples <> split.samples

     union all
    select 'epochs', 'have as many misclassified samples as test_samples − test_correct', count(*)
      from registry.epoch_metric
      left join (select run_id, epoch, count(*) as samples
                   from registry.misclassification
                  group by run_id, epoch) as wrong using (run_id, epoch)
     where epoch_metric.test_samples - epoch_metric.test_correct <> coalesce(wrong.samples, 0)

     union all
    select 'misclassified samples', 'are of the test split, not predicted as their label, with one probability for each class',
           count(*)
      from registry.misclassification as wrong
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.sample using (sample_id)
     where sample.split_id <> dataset.test_split_id
        or wrong.predicted = sample.label
        or wrong.predicted >= cardinality(dataset.class_names)
        or cardinality(wrong.probabilities) <> cardinality(dataset.class_names)
        or wrong.probabilities is null and run.producer is null

     union all
    select 'losses', 'are of all test samples', count(*)
      from registry.test_loss
      join registry.epoch_metric using (run_id, epoch)
     where cardinality(test_loss.losses) <> epoch_metric.test_samples

     union all
    select 'evaluations', 'predict classes of all test samples, test_correct of them the labels', count(*)
      from registry.evaluation
      join registry.model_version using (model_id, number)
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.split on split.split_id = dataset.test_split_id
     cross join lateral (select count(*) filter (where answer.predicted = sample.label) as correct,
                                coalesce(bool_and(answer.predicted between 0 and cardinality(dataset.class_names) - 1),
                                         false) as are_classes
                           from unnest(evaluation.predictions) with ordinality as answer (predicted, position)
                           left join registry.sample
                                  on sample.split_id = dataset.test_split_id
                                 and sample.index = answer.position - 1) as answered
     where evaluation.test_samples <> split.samples
        or evaluation.test_correct <> answered.correct
        or not answered.are_classes

     union all
    select 'models', 'have no version above their last number', count(*)
      from registry.model
     where last_version_number < (select max(number)
                                    from registry.model_version
                                   where model_version.model_id = model.model_id)

     union all
    select 'versions', 'have weights, or a producer', count(*)
      from registry.model_version
      join registry.run using (run_id)
     where (weights_sha256 is null) <> (producer is not null)

     union all
    select 'artifacts', 'are as large as their pieces', count(*)
      from registry.artifact
     where size <> (select coalesce(sum(octet_length(bytes)), 0)
                      from registry.artifact_chunk
                     where artifact_chunk.sha256 = artifact.sha256)
       -- Weights that were never stored leave a version without them.
       and exists (select from registry.artifact_chunk where artifact_chunk.sha256 = artifact.sha256)

     union all
    select 'tested_architecture', 'counts the versions', count(*)
      from registry.tested_architecture as known
      full join (select dataset.test_split_id as split_id, run.model_id, run.architecture_id, count(*) as versions,
                        count(*) filter (where run.origin = 'trained') as trained
                   from registry.model_version
                   join registry.run using (run_id)
                   join registry.dataset using (dataset_id)
                  group by 1, 2, 3) as counted using (split_id, model_id, architecture_id)
     where (known.versions::bigint, known.trained::bigint) is distinct from (counted.versions, counted.trained)

     union all
    select 'missed_sample', 'adds up what versions misclassify', count(*)
      from registry.missed_sample as known
      full join (select dataset.test_split_id as split_id, run.model_id, run.architecture_id, wrong.sample_id,
                        wrong.predicted, count(*) as versions, count(wrong.confidence) as confidences,
                        sum(coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision) as confidence_sum
                   from registry.model_version as version
                   join registry.run using (run_id)
                   join registry.dataset using (dataset_id)
                   join registry.misclassification as wrong
                     on wrong.run_id = version.run_id
                    and wrong.epoch = version.epoch
                  group by 1, 2, 3, 4, 5) as counted
           using (split_id, model_id, architecture_id, sample_id, predicted)
     where (known.versions::bigint, known.confidences::bigint) is distinct from (counted.versions, counted.confidences)
        or abs(known.confidence_sum - counted.confidence_sum) > 1e-9 * known.versions

     union all
    select 'missed_total', 'adds up missed_sample', count(*)
      from registry.missed_total as known
      full join (select split_id, architecture_id, sample_id, sum(versions) as versions,
                        sum(confidences) as confidences, sum(confidence_sum) as confidence_sum
                   from registry.missed_sample
                  group by 1, 2, 3) as counted using (split_id, architecture_id, sample_id)
     where (known.versions::bigint, known.confidences::bigint) is distinct from (counted.versions, counted.confidences)
        or abs(known.confidence_sum - counted.confidence_sum) > 1e-9 * known.versions

     union all
    select 'version_learning', 'is what the epochs of a version''s run tell, where all are stored', count(*)
      from registry.model_version as version
      left join registry.version_learning as known using (run_id, epoch)
     cross join lateral (select coalesce(array_agg(learning.sample_id order by learning.sample_id), '{}') as sample_ids,
                                coalesce(array_agg(learning.learned_epoch order by learning.sample_id), '{}')
                                    as learned_epochs,
                                coalesce(array_agg(learning.forgotten order by learning.sample_id), '{}') as forgotten
                           from registry.learning_of_run(version.run_id) as learning) as found
     where (known.sample_ids, known.learned_epochs, known.forgotten)
           is distinct from (found.sample_ids, found.learned_epochs, found.forgotten)
       and (select count(*) from registry.epoch_metric where epoch_metric.run_id = version.run_id)
           = (select epochs_finished from registry.run where run.run_id = version.run_id)

     union all
    select 'sample_learning', 'adds up version_learning', count(*)
      from registry.sample_learning as known
      full join (select dataset.test_split_id as split_id, run.model_id, run.architecture_id, learning.sample_id,
                        count(*) as versions,
                        count(learning.learned_epoch) as learned_versions,
                        coalesce(sum(learning.learned_epoch), 0) as learned_epoch_sum,
                        sum(learning.forgotten) as forgotten
                   from registry.version_learning
                   join registry.run using (run_id)
                   join registry.dataset using (dataset_id)
                  cross join lateral unnest(sample_ids, learned_epochs, forgotten)
                                         as learning (sample_id, learned_epoch, forgotten)
                  group by 1, 2, 3, 4) as counted using (split_id, model_id, architecture_id, sample_id)
     where (known.versions::bigint, known.learned_versions::bigint, known.learned_epoch_sum, known.forgotten)
           is distinct from
           (counted.versions, counted.learned_versions, counted.learned_epoch_sum, counted.forgotten)
$$;
comment on function registry.differences() is
    'Checks the database''s contents: for each statement that must hold, how many rows differ from it; 0 everywhere when all is well. Reads every table in full. For registry doctor --deep.';
