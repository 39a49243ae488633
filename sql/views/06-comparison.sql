create or replace view analysis.agreement as
select a_model.name as a_model,
       a.number as a_version,
       b_model.name as b_model,
       b.number as b_version,
       metric.test_samples - missed.by_either as both_correct,
       missed.by_b_alone as only_a_correct,
       missed.by_a_alone as only_b_correct,
       missed.by_both as neither_correct,
       metric.test_samples,
       paired.difference as accuracy_difference,
       paired.lower as accuracy_difference_lower,
       paired.upper as accuracy_difference_upper,
       mcnemar.exact_p as mcnemar_exact_p,
       mcnemar.mid_p as mcnemar_mid_p
  from registry.model_version as a
  join registry.model as a_model on a_model.model_id = a.model_id
  join registry.run as a_run on a_run.run_id = a.run_id
  join registry.dataset as a_dataset on a_dataset.dataset_id = a_run.dataset_id
  join registry.dataset as b_dataset on b_dataset.test_split_id = a_dataset.test_split_id
  join registry.run as b_run on b_run.dataset_id = b_dataset.dataset_id
  join registry.model_version as b on b.run_id = b_run.run_id
  join registry.model as b_model on b_model.model_id = b.model_id
  join registry.epoch_metric as metric on metric.run_id = a.run_id and metric.epoch = a.epoch
 cross join lateral (
           select count(*) as by_either,
                  count(*) filter (where by_a.sample_id is null) as by_b_alone,
                  count(*) filter (where by_b.sample_id is null) as by_a_alone,
                  count(*) filter (where by_a.sample_id = by_b.sample_id) as by_both
             from (select sample_id
                     from registry.misclassification
                    where run_id = a.run_id
                      and epoch = a.epoch) as by_a
             full join (select sample_id
                          from registry.misclassification
                         where run_id = b.run_id
                           and epoch = b.epoch) as by_b
                    using (sample_id)
       ) as missed
 cross join lateral analysis.paired_difference(missed.by_b_alone, missed.by_a_alone, metric.test_samples) as paired
 cross join lateral analysis.mcnemar(missed.by_b_alone, missed.by_a_alone) as mcnemar;
comment on view analysis.agreement is
    'For each pair of model versions tested on the same samples: which of them both, one or neither classify correctly.';
comment on column analysis.agreement.a_model is 'Model of the first version.';
comment on column analysis.agreement.a_version is 'Number of the first version.';
comment on column analysis.agreement.b_model is 'Model of the second version.';
comment on column analysis.agreement.b_version is 'Number of the second version.';
comment on column analysis.agreement.both_correct is 'Test samples that both classify correctly.';
comment on column analysis.agreement.only_a_correct is 'Test samples that only the first classifies correctly.';
comment on column analysis.agreement.only_b_correct is 'Test samples that only the second classifies correctly.';
comment on column analysis.agreement.neither_correct is 'Test samples that both classify wrongly.';
comment on column analysis.agreement.test_samples is 'Test samples; the four counts add up to it.';
comment on column analysis.agreement.accuracy_difference is 'Accuracy of the second version minus that of the first.';
comment on column analysis.agreement.accuracy_difference_lower is 'Lower end of its 95 % interval.';
comment on column analysis.agreement.accuracy_difference_upper is 'Upper end of its 95 % interval.';
comment on column analysis.agreement.mcnemar_exact_p is 'p value of McNemar''s exact test that both err equally often.';
comment on column analysis.agreement.mcnemar_mid_p is 'p value of its mid-p form, which is less conservative.';
