-- The predicted class of a right answer is the label, whose probability is e to the minus loss.
create or replace view analysis.calibration as
select model.name as model,
       model_version.number as version,
       answer.bin,
       answer.samples,
       answer.accuracy,
       answer.mean_confidence
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.dataset using (dataset_id)
  join registry.test_loss
    on test_loss.run_id = model_version.run_id
   and test_loss.epoch = model_version.epoch
 cross join lateral (select least(10, 1 + floor(10 * confidence))::integer as bin,
                            count(*) as samples,
                            avg(is_correct::integer)::double precision as accuracy,
                            avg(confidence) as mean_confidence
                       from (select wrong.sample_id is null as is_correct,
                                    case
                                        when wrong.sample_id is not null then wrong.confidence::double precision
                                        when kept.loss < 700 then exp(-kept.loss::double precision)
                                        when kept.loss is not null then 0
                                    end as confidence
                               from unnest(test_loss.losses) with ordinality as kept (loss, position)
                               join registry.sample
                                 on sample.split_id = dataset.test_split_id
                                and sample.index = kept.position - 1
                               left join registry.misclassification as wrong
                                      on wrong.run_id = model_version.run_id
                                     and wrong.epoch = model_version.epoch
                                     and wrong.sample_id = sample.sample_id) as given
                      where confidence between 0 and 1
                      group by 1) as answer;
comment on view analysis.calibration is
    'Whether probabilities mean what they say: test samples of each version that kept its losses, by the probability that it gives to its answer. The expected calibration error is the mean of |accuracy − mean_confidence| over all samples (Guo and others, 2017).';
comment on column analysis.calibration.model is 'The model.';
comment on column analysis.calibration.version is 'Its version.';
comment on column analysis.calibration.bin is 'Tenth of the probability: 1 for 0 to 0.1, 10 for 0.9 to 1; the lower end belongs to it.';
comment on column analysis.calibration.samples is 'Test samples whose answer has such a probability; those with NaN, or of which it is not known, are in no bin.';
comment on column analysis.calibration.accuracy is 'Share of them that is right.';
comment on column analysis.calibration.mean_confidence is 'Mean probability given to the answers.';
