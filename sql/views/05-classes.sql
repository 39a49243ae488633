create or replace view analysis.confusion as
select model.name as model,
       model_version.number as version,
       sample.label,
       misclassification.predicted,
       count(*) as samples,
       avg(misclassification.confidence)::double precision as mean_confidence,
       dataset.class_names[sample.label + 1] as class_name,
       dataset.class_names[misclassification.predicted + 1] as predicted_name,
       dataset.name as dataset,
       dataset.version as dataset_version,
       model_version.registered_at
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.misclassification
    on misclassification.run_id = model_version.run_id
   and misclassification.epoch = model_version.epoch
  join registry.sample using (sample_id)
 group by model.name, model_version.number, model_version.registered_at, dataset.dataset_id, sample.label,
          misclassification.predicted;
comment on view analysis.confusion is 'How often a model version takes one class for another: the confusion matrix without its diagonal.';
comment on column analysis.confusion.model is 'The model.';
comment on column analysis.confusion.version is 'Number of the version.';
comment on column analysis.confusion.label is 'The true class.';
comment on column analysis.confusion.predicted is 'The class predicted.';
comment on column analysis.confusion.samples is 'Test samples of the one taken for the other.';
comment on column analysis.confusion.mean_confidence is 'Mean probability given to the wrong class, where it is known.';
comment on column analysis.confusion.class_name is 'Name of the true class.';
comment on column analysis.confusion.predicted_name is 'Name of the wrong class.';
comment on column analysis.confusion.dataset is 'Name of the data set.';
comment on column analysis.confusion.dataset_version is 'Its version.';
comment on column analysis.confusion.registered_at is 'When the model version was registered.';


create or replace view analysis.confusion_matrix as
select model.name as model,
       model_version.number as version,
       cell.label,
       cell.predicted,
       cell.samples,
       dataset.class_names[cell.label + 1] as class_name,
       dataset.class_names[cell.predicted + 1] as predicted_name,
       dataset.name as dataset,
       dataset.version as dataset_version,
       model_version.registered_at
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
 cross join lateral (select label,
                            predicted,
                            case
                                when label = predicted then
                                    coalesce(tested.samples, 0) - coalesce(sum(missed.samples) over (partition by label), 0)
                                else coalesce(missed.samples, 0)
                            end::bigint as samples
                       from generate_series(0, cardinality(dataset.class_names) - 1) as label
                      cross join generate_series(0, cardinality(dataset.class_names) - 1) as predicted
                       left join (select sample.label, count(*) as samples
                                    from registry.sample
                                   where sample.split_id = dataset.test_split_id
                                   group by sample.label) as tested using (label)
                       left join (select sample.label, wrong.predicted, count(*) as samples
                                    from registry.misclassification as wrong
                                    join registry.sample using (sample_id)
                                   where wrong.run_id = model_version.run_id
                                     and wrong.epoch = model_version.epoch
                                   group by sample.label, wrong.predicted) as missed using (label, predicted)) as cell;
comment on view analysis.confusion_matrix is
    'The whole confusion matrix of each model version: a row for each pair of classes, those that never occur included.';
comment on column analysis.confusion_matrix.model is 'The model.';
comment on column analysis.confusion_matrix.version is 'Number of the version.';
comment on column analysis.confusion_matrix.label is 'The true class.';
comment on column analysis.confusion_matrix.predicted is 'The class predicted.';
comment on column analysis.confusion_matrix.samples is 'Test samples of the one that are taken for the other.';
comment on column analysis.confusion_matrix.class_name is 'Name of the true class.';
comment on column analysis.confusion_matrix.predicted_name is 'Name of the class predicted.';
comment on column analysis.confusion_matrix.dataset is 'Name of the data set.';
comment on column analysis.confusion_matrix.dataset_version is 'Its version.';
comment on column analysis.confusion_matrix.registered_at is 'When the model version was registered.';


create or replace view analysis.class_accuracy as
select model.name as model,
       model_version.number as version,
       class.label,
       dataset.class_names[class.label + 1] as class_name,
       class.samples,
       class.samples - class.missed as correct,
       (class.samples - class.missed)::double precision / class.samples as accuracy
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
 cross join lateral (select tested.label, tested.samples, coalesce(missed.samples, 0) as missed
                       from (select sample.label, count(*) as samples
                               from registry.sample
                              where sample.split_id = dataset.test_split_id
                              group by sample.label) as tested
                       left join (select sample.label, count(*) as samples
                                    from registry.misclassification
                                    join registry.sample using (sample_id)
                                   where misclassification.run_id = model_version.run_id
                                     and misclassification.epoch = model_version.epoch
                                   group by sample.label) as missed using (label)) as class;
comment on view analysis.class_accuracy is 'Test accuracy of each model version by class.';
comment on column analysis.class_accuracy.model is 'The model.';
comment on column analysis.class_accuracy.version is 'Number of the version.';
comment on column analysis.class_accuracy.label is 'The class.';
comment on column analysis.class_accuracy.class_name is 'Its name.';
comment on column analysis.class_accuracy.samples is 'Test samples of the class.';
comment on column analysis.class_accuracy.correct is 'Those classified correctly.';
comment on column analysis.class_accuracy.accuracy is 'correct / samples.';
