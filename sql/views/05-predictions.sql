create or replace view analysis.prediction as
select model.name as model,
       model_version.number as version,
       sample.index,
       sample.label,
       coalesce(wrong.predicted, sample.label) as predicted,
       wrong.sample_id is null as is_correct,
       wrong.confidence as wrong_confidence,
       sample.pixels,
       split.height,
       split.width,
       sample.sample_id,
       dataset.class_names[sample.label + 1] as class_name,
       dataset.class_names[coalesce(wrong.predicted, sample.label) + 1] as predicted_name
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.split
    on split.split_id = dataset.test_split_id
  join registry.sample
    on sample.split_id = dataset.test_split_id
  left join registry.misclassification as wrong
         on wrong.run_id = model_version.run_id
        and wrong.epoch = model_version.epoch
        and wrong.sample_id = sample.sample_id;
comment on view analysis.prediction is 'What each model version predicts for each test sample.';
comment on column analysis.prediction.model is 'The model.';
comment on column analysis.prediction.version is 'Number of the version.';
comment on column analysis.prediction.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.prediction.label is 'The true class.';
comment on column analysis.prediction.predicted is 'The class predicted.';
comment on column analysis.prediction.is_correct is 'Whether they are the same.';
comment on column analysis.prediction.wrong_confidence is 'Probability given to the predicted class; null where it is right, or not known.';
comment on column analysis.prediction.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.prediction.height is 'Rows of the image, in pixels.';
comment on column analysis.prediction.width is 'Columns of the image, in pixels.';
comment on column analysis.prediction.sample_id is 'Key of the sample.';
comment on column analysis.prediction.class_name is 'Name of the true class.';
comment on column analysis.prediction.predicted_name is 'Name of the class predicted.';


create or replace view analysis.misclassified_sample as
select model.name as model,
       model_version.number as version,
       sample.index,
       sample.label,
       misclassification.predicted,
       misclassification.confidence,
       misclassification.loss,
       misclassification.probabilities,
       sample.pixels,
       split.height,
       split.width,
       sample.sample_id,
       dataset.dataset_id,
       run.architecture_id as architecture,
       model_version.registered_at,
       dataset.test_split_id,
       dataset.class_names[sample.label + 1] as class_name,
       dataset.class_names[misclassification.predicted + 1] as predicted_name
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.split
    on split.split_id = dataset.test_split_id
  join registry.misclassification
    on misclassification.run_id = model_version.run_id
   and misclassification.epoch = model_version.epoch
  join registry.sample using (sample_id);
comment on view analysis.misclassified_sample is 'Every test sample that a model version classifies wrongly.';
comment on column analysis.misclassified_sample.model is 'The model.';
comment on column analysis.misclassified_sample.version is 'Number of the version.';
comment on column analysis.misclassified_sample.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.misclassified_sample.label is 'The true class.';
comment on column analysis.misclassified_sample.predicted is 'The class predicted.';
comment on column analysis.misclassified_sample.confidence is
    'Probability given to the predicted class; null where imported predictions do not tell it.';
comment on column analysis.misclassified_sample.loss is
    'Cross-entropy of the sample, in nats; null where imported predictions do not tell it.';
comment on column analysis.misclassified_sample.probabilities is
    'Probability of each class, class 0 first; null where imported predictions do not tell it.';
comment on column analysis.misclassified_sample.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.misclassified_sample.height is 'Rows of the image, in pixels.';
comment on column analysis.misclassified_sample.width is 'Columns of the image, in pixels.';
comment on column analysis.misclassified_sample.sample_id is 'Key of the sample.';
comment on column analysis.misclassified_sample.dataset_id is 'Key of the data set.';
comment on column analysis.misclassified_sample.architecture is 'Tells architectures apart, whatever their names.';
comment on column analysis.misclassified_sample.registered_at is 'When the version was registered.';
comment on column analysis.misclassified_sample.test_split_id is 'Key of the test split.';
comment on column analysis.misclassified_sample.class_name is 'Name of the true class.';
comment on column analysis.misclassified_sample.predicted_name is 'Name of the class predicted.';


create or replace view analysis.test_loss as
select model.name as model,
       model_version.number as version,
       test_loss.losses
  from registry.model_version
  join registry.model using (model_id)
  join registry.test_loss
    on test_loss.run_id = model_version.run_id
   and test_loss.epoch = model_version.epoch;
comment on view analysis.test_loss is 'The loss of every test sample, for versions that kept it.';
comment on column analysis.test_loss.model is 'The model.';
comment on column analysis.test_loss.version is 'Its version.';
comment on column analysis.test_loss.losses is
    'Cross-entropies in nats, in order of the samples'' index; null where imported predictions do not tell it.';


create or replace view analysis.epoch_misclassification as
select (select model.name
          from registry.model
         where model.model_id = (select run.model_id
                                   from registry.run
                                  where run.run_id = wrong.run_id)) as model,
       wrong.run_id as run,
       wrong.epoch,
       sample.index,
       sample.label,
       wrong.predicted,
       wrong.confidence,
       wrong.loss,
       wrong.probabilities,
       wrong.sample_id
  from registry.misclassification as wrong
  join registry.sample using (sample_id);
comment on view analysis.epoch_misclassification is
    'Every test sample that a run classified wrongly after each of its epochs, also those that no model version came of.';
comment on column analysis.epoch_misclassification.model is 'The model that the run trains.';
comment on column analysis.epoch_misclassification.run is 'Number of the run.';
comment on column analysis.epoch_misclassification.epoch is 'The epoch after which it was tested.';
comment on column analysis.epoch_misclassification.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.epoch_misclassification.label is 'The true class.';
comment on column analysis.epoch_misclassification.predicted is 'The class predicted.';
comment on column analysis.epoch_misclassification.confidence is
    'Probability given to the predicted class; null where imported predictions do not tell it.';
comment on column analysis.epoch_misclassification.loss is
    'Cross-entropy of the sample, in nats; null where imported predictions do not tell it.';
comment on column analysis.epoch_misclassification.probabilities is
    'Probability of each class, class 0 first; null where imported predictions do not tell it.';
comment on column analysis.epoch_misclassification.sample_id is 'Key of the sample.';
