create or replace view analysis.robustness as
select model.name as model,
       evaluation.number as version,
       evaluation.perturbation,
       evaluation.strength,
       evaluation.test_accuracy,
       accuracy.lower as test_accuracy_lower,
       accuracy.upper as test_accuracy_upper,
       unchanged.test_accuracy - evaluation.test_accuracy as accuracy_lost,
       unchanged.test_correct - evaluation.test_correct as correct_lost,
       evaluation.test_loss,
       evaluation.test_correct,
       evaluation.test_samples,
       evaluation.evaluated_at
  from registry.evaluation
  join registry.model using (model_id)
  left join registry.evaluation as unchanged
         on unchanged.model_id = evaluation.model_id
        and unchanged.number = evaluation.number
        and unchanged.perturbation = evaluation.perturbation
        and unchanged.strength = 0
 cross join lateral analysis.wilson_interval(evaluation.test_correct, evaluation.test_samples) as accuracy;
comment on view analysis.robustness is 'Accuracy of model versions on changed test images, against the strength of the change.';
comment on column analysis.robustness.model is 'The model.';
comment on column analysis.robustness.version is 'Its version.';
comment on column analysis.robustness.perturbation is 'What was done to the images.';
comment on column analysis.robustness.strength is
    'How much of it: pixels, degrees counter-clockwise, share of full intensity, rows or columns; 0 for images as they are.';
comment on column analysis.robustness.test_accuracy is 'test_correct / test_samples.';
comment on column analysis.robustness.test_accuracy_lower is 'Lower end of its 95 % Wilson interval.';
comment on column analysis.robustness.test_accuracy_upper is 'Upper end of its 95 % Wilson interval.';
comment on column analysis.robustness.accuracy_lost is 'Accuracy on the images as they are, minus test_accuracy.';
comment on column analysis.robustness.correct_lost is
    'Test samples correctly classified as they are, minus test_correct.';
comment on column analysis.robustness.test_loss is 'Mean cross-entropy, in nats.';
comment on column analysis.robustness.test_correct is 'Test samples correctly classified.';
comment on column analysis.robustness.test_samples is 'Test samples.';
comment on column analysis.robustness.evaluated_at is 'When it was measured.';


-- Counts are compared: the difference of two accuracies is not exactly 0.01.
create or replace view analysis.tolerance as
select measured.model,
       measured.version,
       measured.perturbation,
       min(measured.strength) filter (where measured.strength <= 0 and measured.strength > failed.below and has_more)
           as tolerated_from,
       max(measured.strength) filter (where measured.strength >= 0 and measured.strength < failed.above and has_more)
           as tolerated_to
  from analysis.robustness as measured
  join (select model,
               version,
               perturbation,
               coalesce(max(strength) filter (where strength < 0 and 100 * correct_lost > test_samples), '-infinity') as below,
               coalesce(min(strength) filter (where strength > 0 and 100 * correct_lost > test_samples), 'infinity') as above,
               bool_or(strength = 0 and 100 * test_correct > test_samples) as has_more
          from analysis.robustness
         group by model, version, perturbation) as failed using (model, version, perturbation)
 group by measured.model, measured.version, measured.perturbation;
comment on view analysis.tolerance is
    'How much of a change a model version tolerates: the widest range of measured strengths around 0 in which it loses at most one point of accuracy. Nulls where that means nothing: the images as they are were not tested, or no more than one point of accuracy is there to be lost.';
comment on column analysis.tolerance.model is 'The model.';
comment on column analysis.tolerance.version is 'Its version.';
comment on column analysis.tolerance.perturbation is 'What was done to the images.';
comment on column analysis.tolerance.tolerated_from is 'Lower end of the range; null where there is none.';
comment on column analysis.tolerance.tolerated_to is 'Upper end of the range; null where there is none.';


create or replace view analysis.perturbed_prediction as
select model.name as model,
       evaluation.number as version,
       evaluation.perturbation,
       evaluation.strength,
       sample.index,
       sample.label,
       given.predicted,
       given.predicted = sample.label as is_correct,
       dataset.class_names[sample.label + 1] as class_name,
       dataset.class_names[given.predicted + 1] as predicted_name,
       sample.sample_id
  from registry.evaluation
  join registry.model using (model_id)
  join registry.model_version using (model_id, number)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
 cross join lateral unnest(evaluation.predictions) with ordinality as given (predicted, position)
  join registry.sample
    on sample.split_id = dataset.test_split_id
   and sample.index = given.position - 1;
comment on view analysis.perturbed_prediction is 'What model versions predict for each changed test image.';
comment on column analysis.perturbed_prediction.model is 'The model.';
comment on column analysis.perturbed_prediction.version is 'Its version.';
comment on column analysis.perturbed_prediction.perturbation is 'What was done to the images.';
comment on column analysis.perturbed_prediction.strength is 'How much of it, as in analysis.robustness.';
comment on column analysis.perturbed_prediction.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.perturbed_prediction.label is 'The true class.';
comment on column analysis.perturbed_prediction.predicted is 'The class predicted.';
comment on column analysis.perturbed_prediction.is_correct is 'Whether they are the same.';
comment on column analysis.perturbed_prediction.class_name is 'Name of the true class.';
comment on column analysis.perturbed_prediction.predicted_name is 'Name of the class predicted.';
comment on column analysis.perturbed_prediction.sample_id is 'Key of the sample.';
