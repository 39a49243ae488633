create or replace view analysis.class_difficulty as
select dataset.name as dataset,
       dataset.version as dataset_version,
       class.label,
       dataset.class_names[class.label + 1] as class_name,
       class.samples,
       tested.versions,
       class.samples * tested.versions as predictions,
       coalesce(wrong.errors, 0) as errors,
       coalesce(wrong.errors, 0)::double precision / (class.samples * tested.versions) as error_rate,
       dataset.dataset_id
  from registry.dataset
 cross join lateral (select count(*) as versions
                       from registry.model_version
                       join registry.run using (run_id)
                      where run.dataset_id = dataset.dataset_id) as tested
 cross join lateral (select sample.label, count(*) as samples
                       from registry.sample
                      where sample.dataset_id = dataset.dataset_id
                        and sample.split = 'test'
                      group by sample.label) as class
  left join (select run.dataset_id, sample.label, count(*) as errors
               from registry.model_version
               join registry.run using (run_id)
               join registry.misclassification
                 on misclassification.run_id = model_version.run_id
                and misclassification.epoch = model_version.epoch
               join registry.sample using (sample_id)
              group by run.dataset_id, sample.label) as wrong
         on wrong.dataset_id = dataset.dataset_id
        and wrong.label = class.label
 where tested.versions > 0;
comment on view analysis.class_difficulty is 'How often each class is missed, over all model versions tested on the data set.';
comment on column analysis.class_difficulty.dataset is 'Name of the data set.';
comment on column analysis.class_difficulty.dataset_version is 'Its version.';
comment on column analysis.class_difficulty.label is 'The class.';
comment on column analysis.class_difficulty.class_name is 'Its name.';
comment on column analysis.class_difficulty.samples is 'Test samples of the class.';
comment on column analysis.class_difficulty.versions is 'Model versions tested.';
comment on column analysis.class_difficulty.predictions is 'samples × versions.';
comment on column analysis.class_difficulty.errors is 'Predictions that were wrong.';
comment on column analysis.class_difficulty.error_rate is 'errors / predictions.';
comment on column analysis.class_difficulty.dataset_id is 'Key of the data set.';


create or replace view analysis.sample_difficulty as
select dataset.name as dataset,
       dataset.version as dataset_version,
       sample.index,
       sample.label,
       missed.versions as missed_by,
       tested.versions,
       missed.versions::double precision / tested.versions as missed_share,
       missed.commonest_prediction,
       missed.mean_confidence,
       sample.pixels,
       dataset.height,
       dataset.width,
       sample.sample_id,
       dataset.dataset_id
  from (select misclassification.sample_id,
               count(*) as versions,
               mode() within group (order by misclassification.predicted) as commonest_prediction,
               avg(misclassification.confidence)::double precision as mean_confidence
          from registry.model_version
          join registry.misclassification
            on misclassification.run_id = model_version.run_id
           and misclassification.epoch = model_version.epoch
         group by misclassification.sample_id) as missed
  join registry.sample using (sample_id)
  join registry.dataset using (dataset_id)
 cross join lateral (select count(*) as versions
                       from registry.model_version
                       join registry.run using (run_id)
                      where run.dataset_id = dataset.dataset_id) as tested;
comment on view analysis.sample_difficulty is 'The test samples that at least one model version misses, and how many do.';
comment on column analysis.sample_difficulty.dataset is 'Name of the data set.';
comment on column analysis.sample_difficulty.dataset_version is 'Its version.';
comment on column analysis.sample_difficulty.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.sample_difficulty.label is 'The true class.';
comment on column analysis.sample_difficulty.missed_by is 'Model versions that classify it wrongly.';
comment on column analysis.sample_difficulty.versions is 'Model versions tested.';
comment on column analysis.sample_difficulty.missed_share is 'missed_by / versions.';
comment on column analysis.sample_difficulty.commonest_prediction is 'The wrong class predicted most often; the smallest of several.';
comment on column analysis.sample_difficulty.mean_confidence is 'Mean probability given to the wrong class.';
comment on column analysis.sample_difficulty.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.sample_difficulty.height is 'Rows of the image, in pixels.';
comment on column analysis.sample_difficulty.width is 'Columns of the image, in pixels.';
comment on column analysis.sample_difficulty.sample_id is 'Key of the sample.';
comment on column analysis.sample_difficulty.dataset_id is 'Key of the data set.';
