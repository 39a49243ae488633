create or replace view analysis.class_agreement as
select a_model.name as a_model,
       a.number as a_version,
       b_model.name as b_model,
       b.number as b_version,
       class.label,
       a_dataset.class_names[class.label + 1] as class_name,
       class.samples,
       class.only_a as only_a_correct,
       class.only_b as only_b_correct,
       class.p as mcnemar_exact_p,
       class.adjusted_p
  from registry.model_version as a
  join registry.model as a_model on a_model.model_id = a.model_id
  join registry.run as a_run on a_run.run_id = a.run_id
  join registry.dataset as a_dataset on a_dataset.dataset_id = a_run.dataset_id
  join registry.dataset as b_dataset on b_dataset.test_split_id = a_dataset.test_split_id
  join registry.run as b_run on b_run.dataset_id = b_dataset.dataset_id
  join registry.model_version as b on b.run_id = b_run.run_id
  join registry.model as b_model on b_model.model_id = b.model_id
 cross join lateral (
           select tested.*,
                  (analysis.holm(array_agg(tested.p) over everything))[row_number() over everything] as adjusted_p
             from (select counted.*, (analysis.mcnemar(counted.only_a, counted.only_b)).exact_p as p
                     from (select sample.label,
                                  count(*) as samples,
                                  count(*) filter (where by_a.sample_id is null and by_b.sample_id is not null) as only_a,
                                  count(*) filter (where by_b.sample_id is null and by_a.sample_id is not null) as only_b
                             from registry.sample
                             left join registry.misclassification as by_a
                                    on by_a.run_id = a.run_id
                                   and by_a.epoch = a.epoch
                                   and by_a.sample_id = sample.sample_id
                             left join registry.misclassification as by_b
                                    on by_b.run_id = b.run_id
                                   and by_b.epoch = b.epoch
                                   and by_b.sample_id = sample.sample_id
                            where sample.split_id = a_dataset.test_split_id
                            group by sample.label) as counted) as tested
           window everything as (order by tested.label rows between unbounded preceding and unbounded following)
       ) as class;
comment on view analysis.class_agreement is
    'analysis.agreement by class: on which classes one of two model versions tested on the same samples is better. Ask for one pair: there are as many as versions squared.';
comment on column analysis.class_agreement.a_model is 'Model of the first version.';
comment on column analysis.class_agreement.a_version is 'Number of the first version.';
comment on column analysis.class_agreement.b_model is 'Model of the second version.';
comment on column analysis.class_agreement.b_version is 'Number of the second version.';
comment on column analysis.class_agreement.label is 'The true class.';
comment on column analysis.class_agreement.class_name is 'Its name.';
comment on column analysis.class_agreement.samples is 'Test samples of the class.';
comment on column analysis.class_agreement.only_a_correct is 'Those that only the first classifies correctly.';
comment on column analysis.class_agreement.only_b_correct is 'Those that only the second classifies correctly.';
comment on column analysis.class_agreement.mcnemar_exact_p is 'p value of McNemar''s exact test that both err equally often on the class.';
comment on column analysis.class_agreement.adjusted_p is 'The same, adjusted for the number of classes (Holm).';


create or replace view analysis.changed_prediction as
select model.name as model,
       model_version.number as version,
       earlier.number as earlier_version,
       sample.index,
       sample.label,
       coalesce(changed.before, sample.label) as earlier_predicted,
       coalesce(changed.now, sample.label) as predicted,
       case
           when changed.now is null then 'gained'
           when changed.before is null then 'lost'
           else 'wrong in another way'
       end as change,
       dataset.class_names[sample.label + 1] as class_name,
       earlier.class_names[coalesce(changed.before, sample.label) + 1] as earlier_predicted_name,
       dataset.class_names[coalesce(changed.now, sample.label) + 1] as predicted_name,
       sample.sample_id
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
 cross join lateral (select before.number, before.run_id, before.epoch, before_dataset.class_names
                       from registry.model_version as before
                       join registry.run as before_run on before_run.run_id = before.run_id
                       join registry.dataset as before_dataset on before_dataset.dataset_id = before_run.dataset_id
                      where before.model_id = model_version.model_id
                        and before.number < model_version.number
                        and before_dataset.test_split_id = dataset.test_split_id
                      order by before.number desc
                      limit 1) as earlier
 cross join lateral (select sample_id, by_earlier.predicted as before, by_this.predicted as now
                       from (select sample_id, predicted
                               from registry.misclassification
                              where run_id = earlier.run_id
                                and epoch = earlier.epoch) as by_earlier
                       full join (select sample_id, predicted
                                    from registry.misclassification
                                   where run_id = model_version.run_id
                                     and epoch = model_version.epoch) as by_this using (sample_id)
                      where by_earlier.predicted is distinct from by_this.predicted) as changed
  join registry.sample using (sample_id);
comment on view analysis.changed_prediction is
    'Test samples that a model version classifies otherwise than the version before it that was tested on the same samples.';
comment on column analysis.changed_prediction.model is 'The model.';
comment on column analysis.changed_prediction.version is 'Its version.';
comment on column analysis.changed_prediction.earlier_version is 'The version before it.';
comment on column analysis.changed_prediction.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.changed_prediction.label is 'The true class.';
comment on column analysis.changed_prediction.earlier_predicted is 'The class that the version before predicts.';
comment on column analysis.changed_prediction.predicted is 'The class that this version predicts.';
comment on column analysis.changed_prediction.change is 'gained (right now), lost (right before), or wrong in another way.';
comment on column analysis.changed_prediction.class_name is 'Name of the true class.';
comment on column analysis.changed_prediction.earlier_predicted_name is 'Name of the class that the version before predicts.';
comment on column analysis.changed_prediction.predicted_name is 'Name of the class that this version predicts.';
comment on column analysis.changed_prediction.sample_id is 'Key of the sample.';
