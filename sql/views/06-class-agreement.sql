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
