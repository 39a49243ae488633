create or replace view analysis.error_category as
select category,
       feature,
       side,
       threshold,
       minimum_deviation
  from registry.error_category;
comment on view analysis.error_category is
    'From when on a deviation has a name. A sample is in a category when any of its rows applies. Who may write registry.error_category changes them there.';
comment on column analysis.error_category.category is 'The name.';
comment on column analysis.error_category.feature is
    'As in analysis.sample_measure; or label_doubt (see analysis.hard_samples). label_doubt and empty are compared with threshold itself.';
comment on column analysis.error_category.side is
    'On which side of its class''s median the sample must lie: above or below.';
comment on column analysis.error_category.threshold is 'How far from the median, in deviations.';
comment on column analysis.error_category.minimum_deviation is
    'The deviation that is taken where the class''s own is smaller, in the feature''s unit.';


create or replace view analysis.sample_deviation as
select found.dataset_id,
       found.split,
       found.sample_id,
       found.index,
       found.label,
       found.category,
       bool_or(found.applies) as applies
  from (select split.dataset_id,
               split.split,
               sample.sample_id,
               sample.index,
               sample.label,
               rule.category,
               case
                   when rule.feature = 'empty' then measure.value > rule.threshold
                   when rule.side = 'above' then
                       measure.value - usual.median > rule.threshold * greatest(usual.deviation, rule.minimum_deviation)
                   else usual.median - measure.value > rule.threshold * greatest(usual.deviation, rule.minimum_deviation)
               end as applies
          from analysis.split
          join registry.sample using (split_id)
          join analysis.sample_measure as measure
            on measure.training_split_id = split.training_split_id
           and measure.sample_id = sample.sample_id
          join registry.error_category as rule
            on rule.feature = measure.feature
          left join registry.class_feature as usual
                 on usual.training_split_id = split.training_split_id
                and usual.label = sample.label
                and usual.feature = rule.feature
         union all
        select dataset.dataset_id,
               'test',
               sample.sample_id,
               sample.index,
               sample.label,
               rule.category,
               true
          from registry.error_category as rule
         cross join registry.dataset
         -- The probability of all wrong classes bounds that of one; few samples are left to look at closely.
         cross join lateral analysis.mistaken_for(
                                dataset.dataset_id,
                                array(select missed.sample_id
                                        from analysis.missed_samples(dataset.dataset_id) as missed
                                       where missed.missed_share * missed.mean_confidence > rule.threshold)) as mistaken
          join registry.sample
            on sample.sample_id = mistaken.sample_id
         where rule.feature = 'label_doubt'
           and mistaken.label_doubt > rule.threshold
           and (select architectures from analysis.tested_versions(dataset.dataset_id)) > 1) as found
 where found.applies is not false
 group by found.dataset_id, found.split, found.sample_id, found.index, found.label, found.category;
comment on view analysis.sample_deviation is
    'Which samples deviate from their class in which way, by the rules of analysis.error_category, and of which samples that cannot be told: what a rule is about could not be measured of the image, or of no training image of its class. All other samples do not.';
comment on column analysis.sample_deviation.dataset_id is 'Key of the data set.';
comment on column analysis.sample_deviation.split is 'training, validation or test.';
comment on column analysis.sample_deviation.sample_id is 'Key of the sample.';
comment on column analysis.sample_deviation.index is 'Position in the split, from 0.';
comment on column analysis.sample_deviation.label is 'The class, from 0.';
comment on column analysis.sample_deviation.category is 'The category.';
comment on column analysis.sample_deviation.applies is 'True where it is in the category, null where that cannot be told.';


create or replace view analysis.sample_category as
select dataset_id,
       split,
       sample_id,
       index,
       label,
       category
  from analysis.sample_deviation
 where applies;
comment on view analysis.sample_category is
    'Which samples deviate from their class in which way, by the rules of analysis.error_category. A sample may be in several categories or in none.';
comment on column analysis.sample_category.dataset_id is 'Key of the data set.';
comment on column analysis.sample_category.split is 'training, validation or test.';
comment on column analysis.sample_category.sample_id is 'Key of the sample.';
comment on column analysis.sample_category.index is 'Position in the split, from 0.';
comment on column analysis.sample_category.label is 'The class, from 0.';
comment on column analysis.sample_category.category is 'The category.';


create or replace view analysis.category_class_error as
with placed as materialized (
    select dataset_id, sample_id, label, category
      from analysis.sample_category
     where split = 'test'
), inside as materialized (
    select dataset_id, category, label, count(*) as samples
      from placed
     group by dataset_id, category, label
)
select model.name as model,
       model_version.number as version,
       inside.category,
       inside.label,
       inside.samples,
       coalesce(missed.errors, 0) as errors,
       coalesce(missed.errors, 0)::double precision / inside.samples as error_rate,
       (analysis.wilson_interval(coalesce(missed.errors, 0), inside.samples)).lower as error_rate_lower,
       (analysis.wilson_interval(coalesce(missed.errors, 0), inside.samples)).upper as error_rate_upper
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join inside
    on inside.dataset_id = run.dataset_id
  left join lateral (select placed.category, placed.label, count(*) as errors
                       from registry.misclassification as wrong
                       join placed
                         on placed.sample_id = wrong.sample_id
                        and placed.dataset_id = run.dataset_id
                      where wrong.run_id = model_version.run_id
                        and wrong.epoch = model_version.epoch
                      group by placed.category, placed.label) as missed
         on missed.category = inside.category
        and missed.label = inside.label;
comment on view analysis.category_class_error is
    'How often a model version errs on the test samples of each category and class.';
comment on column analysis.category_class_error.model is 'The model.';
comment on column analysis.category_class_error.version is 'Its version.';
comment on column analysis.category_class_error.category is 'The category.';
comment on column analysis.category_class_error.label is 'The true class.';
comment on column analysis.category_class_error.samples is 'Test samples of the class in the category.';
comment on column analysis.category_class_error.errors is 'Those that the version misclassifies.';
comment on column analysis.category_class_error.error_rate is 'errors / samples.';
comment on column analysis.category_class_error.error_rate_lower is 'Lower end of its 95 % interval (Wilson, 1927).';
comment on column analysis.category_class_error.error_rate_upper is 'Upper end of its 95 % interval.';
