create or replace function analysis.koopman_limit(
    errors_inside    double precision,
    samples_inside   double precision,
    errors_outside   double precision,
    samples_outside  double precision,
    accepted         double precision,
    refuted          double precision
)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
declare
    middle double precision;
    ratio double precision;
    b double precision;
    rate_outside double precision;
    rate_inside double precision;
    chi_squared double precision;
begin
    for step in 1..60 loop
        middle := (accepted + refuted) / 2;
        ratio := exp(middle);
        -- The most likely rates of this ratio: the smaller root of a quadratic equation.
        b := samples_inside + errors_outside;
        b := ratio * b + samples_outside + errors_inside;
        rate_outside := 2 * (errors_inside + errors_outside)
                        / (b + sqrt(greatest(0, b * b - 4 * ratio * (samples_inside + samples_outside)
                                                          * (errors_inside + errors_outside))));
        rate_inside := ratio * rate_outside;
        -- A rate of 1 leaves nothing to chance.
        chi_squared := coalesce((errors_inside - samples_inside * rate_inside) ^ 2
                                / nullif(samples_inside * rate_inside * (1 - rate_inside), 0), 0)
                       + coalesce((errors_outside - samples_outside * rate_outside) ^ 2
                                  / nullif(samples_outside * rate_outside * (1 - rate_outside), 0), 0);
        -- The 95 % quantile with one degree of freedom.
        if chi_squared > 3.841458820694124 then
            refuted := middle;
        else
            accepted := middle;
        end if;
    end loop;
    return exp(accepted);
end
$$;
comment on function analysis.koopman_limit(double precision, double precision, double precision, double precision, double precision, double precision) is
    'One end of analysis.risk_ratio''s interval, between the logarithm of a ratio that is in it and that of one that is not.';


create or replace function analysis.risk_ratio(
    errors_inside    bigint,
    samples_inside   bigint,
    errors_outside   bigint,
    samples_outside  bigint,
    out ratio        double precision,
    out lower        double precision,
    out upper        double precision
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    -- P. A. R. Koopman, "Confidence intervals for the ratio of two binomial proportions", 1984: every ratio that a χ² test
    -- with the most likely rates of that ratio does not refute. The ends are searched for between e⁻⁶⁰ and e⁶⁰.
    select case when errors_outside > 0 then observed.ratio end,
           case
               when errors_inside = 0 then 0
               else analysis.koopman_limit(
                        errors_inside, samples_inside, errors_outside, samples_outside,
                        case when errors_outside = 0 then 60 else ln(observed.ratio) end, -60)
           end,
           case
               when errors_outside > 0 then
                   analysis.koopman_limit(
                       errors_inside, samples_inside, errors_outside, samples_outside,
                       case when errors_inside = 0 then -60 else ln(observed.ratio) end, 60)
           end
      from (select errors_inside::double precision / samples_inside
                       / nullif(errors_outside::double precision / samples_outside, 0) as ratio
             where samples_inside > 0
               and samples_outside > 0) as observed
     where errors_inside + errors_outside > 0
$$;
comment on function analysis.risk_ratio(bigint, bigint, bigint, bigint) is
    'How many times as frequent errors are inside a group as outside, with its 95 % score interval (Koopman, 1984). Without an error outside, ratio and upper end are infinite: null. All is null without any error, or without samples on one side.';


create or replace view analysis.sample_feature as
select split.dataset,
       split.dataset_version,
       split.split,
       sample.index,
       sample.label,
       measured.ink,
       measured.slant,
       measured.stroke_width,
       measured.sharpness,
       measured.box_width,
       measured.box_height,
       measured.box_width / nullif(measured.box_height, 0) as aspect,
       measured.cut_top,
       measured.cut_bottom,
       measured.cut_left,
       measured.cut_right,
       measured.pieces,
       measured.holes,
       class_distance.distance as class_distance,
       measured.sample_id,
       split.dataset_id
  from analysis.split
  join registry.sample using (split_id)
  join registry.sample_feature as measured using (sample_id)
  left join registry.class_distance
         on class_distance.training_split_id = split.training_split_id
        and class_distance.sample_id = sample.sample_id;
comment on view analysis.sample_feature is 'The measured shape of every sample.';
comment on column analysis.sample_feature.dataset is 'Name of the data set.';
comment on column analysis.sample_feature.dataset_version is 'Its version.';
comment on column analysis.sample_feature.split is 'training, validation or test.';
comment on column analysis.sample_feature.index is 'Position in the split, from 0.';
comment on column analysis.sample_feature.label is 'The class, from 0.';
comment on column analysis.sample_feature.ink is 'Mean intensity, 0…1.';
comment on column analysis.sample_feature.slant is 'Degrees from the vertical, positive to the right.';
comment on column analysis.sample_feature.stroke_width is 'Width of the strokes, in pixels.';
comment on column analysis.sample_feature.sharpness is 'Mean gradient relative to the largest intensity, per pixel.';
comment on column analysis.sample_feature.box_width is 'Width of the ink''s bounding box, in pixels.';
comment on column analysis.sample_feature.box_height is 'Height of the ink''s bounding box, in pixels.';
comment on column analysis.sample_feature.aspect is 'box_width / box_height; null without ink.';
comment on column analysis.sample_feature.cut_top is 'Longest run on the topmost inked row, in stroke widths.';
comment on column analysis.sample_feature.cut_bottom is 'Longest run on the lowest inked row, in stroke widths.';
comment on column analysis.sample_feature.cut_left is 'Longest run on the leftmost inked column, in stroke widths.';
comment on column analysis.sample_feature.cut_right is 'Longest run on the rightmost inked column, in stroke widths.';
comment on column analysis.sample_feature.pieces is 'Pieces of ink that do not touch each other.';
comment on column analysis.sample_feature.holes is 'Regions of background that ink encloses.';
comment on column analysis.sample_feature.class_distance is
    'Root mean square difference from the mean training image of its class.';
comment on column analysis.sample_feature.sample_id is 'Key of the sample.';
comment on column analysis.sample_feature.dataset_id is 'Key of the data set.';


create or replace view analysis.class_feature as
select dataset.name as dataset,
       dataset.version as dataset_version,
       usual.label,
       dataset.class_names[usual.label + 1] as class_name,
       usual.feature,
       usual.median,
       usual.deviation,
       dataset.dataset_id
  from registry.class_feature as usual
  join registry.dataset using (training_split_id);
comment on view analysis.class_feature is 'What is usual in a class: robust location and scale over its training samples.';
comment on column analysis.class_feature.dataset is 'Name of the data set.';
comment on column analysis.class_feature.dataset_version is 'Its version.';
comment on column analysis.class_feature.label is 'The class, from 0.';
comment on column analysis.class_feature.class_name is 'Its name.';
comment on column analysis.class_feature.feature is 'A column of analysis.sample_feature.';
comment on column analysis.class_feature.median is 'Median of the feature.';
comment on column analysis.class_feature.deviation is
    '1.4826 times the median distance from the median: the standard deviation if the feature is normal.';
comment on column analysis.class_feature.dataset_id is 'Key of the data set.';


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
    'A column of analysis.sample_feature; or label_doubt (see analysis.hard_samples), which is compared with threshold itself.';
comment on column analysis.error_category.side is
    'On which side of its class''s median the sample must lie: above or below.';
comment on column analysis.error_category.threshold is 'How far from the median, in deviations.';
comment on column analysis.error_category.minimum_deviation is
    'The deviation that is taken where the class''s own is smaller, in the feature''s unit.';


create or replace view analysis.sample_category as
select split.dataset_id,
       split.split,
       sample.sample_id,
       sample.index,
       sample.label,
       rule.category
  from registry.error_category as rule
  join registry.class_feature as usual
    on usual.feature = rule.feature
  join analysis.split using (training_split_id)
  join registry.sample
    on sample.split_id = split.split_id
   and sample.label = usual.label
  join registry.sample_feature as measured using (sample_id)
  left join registry.class_distance
         on class_distance.training_split_id = usual.training_split_id
        and class_distance.sample_id = sample.sample_id
 cross join lateral (select case rule.feature
                                when 'ink' then measured.ink
                                when 'slant' then measured.slant
                                when 'stroke_width' then measured.stroke_width
                                when 'sharpness' then measured.sharpness
                                when 'box_width' then measured.box_width
                                when 'box_height' then measured.box_height
                                when 'cut_top' then measured.cut_top
                                when 'cut_bottom' then measured.cut_bottom
                                when 'cut_left' then measured.cut_left
                                when 'cut_right' then measured.cut_right
                                when 'pieces' then measured.pieces
                                when 'holes' then measured.holes
                                when 'class_distance' then class_distance.distance
                            end as value) as feature
 where case rule.side
           when 'above' then feature.value - usual.median
           else usual.median - feature.value
       end > rule.threshold * greatest(usual.deviation, rule.minimum_deviation)
 union
select dataset.dataset_id,
       'test',
       sample.sample_id,
       sample.index,
       sample.label,
       rule.category
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
   and (select architectures from analysis.tested_versions(dataset.dataset_id)) > 1;
comment on view analysis.sample_category is
    'Which samples deviate from their class in which way, by the rules of analysis.error_category. A sample may be in several categories or in none.';
comment on column analysis.sample_category.dataset_id is 'Key of the data set.';
comment on column analysis.sample_category.split is 'training, validation or test.';
comment on column analysis.sample_category.sample_id is 'Key of the sample.';
comment on column analysis.sample_category.index is 'Position in the split, from 0.';
comment on column analysis.sample_category.label is 'The class, from 0.';
comment on column analysis.sample_category.category is 'The category.';


-- Categories are the same for all versions: they are found once for all that is asked for.
create or replace view analysis.category_error as
with placed as materialized (
    select dataset_id, sample_id, category
      from analysis.sample_category
     where split = 'test'
), inside as materialized (
    select dataset_id, category, count(*) as samples
      from placed
     group by dataset_id, category
)
select model.name as model,
       model_version.number as version,
       inside.category,
       inside.samples,
       counted.errors,
       counted.errors::double precision / inside.samples as error_rate,
       outside.error_rate as error_rate_outside,
       risk.ratio,
       risk.lower as ratio_lower,
       risk.upper as ratio_upper
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
  join registry.epoch_metric as final
    on final.run_id = model_version.run_id
   and final.epoch = model_version.epoch
  join inside
    on inside.dataset_id = run.dataset_id
  left join lateral (select placed.category, count(*) as errors
                       from registry.misclassification as wrong
                       join placed
                         on placed.sample_id = wrong.sample_id
                        and placed.dataset_id = run.dataset_id
                      where wrong.run_id = model_version.run_id
                        and wrong.epoch = model_version.epoch
                      group by placed.category) as missed
         on missed.category = inside.category
 cross join lateral (select coalesce(missed.errors, 0) as errors) as counted
 cross join lateral (select (final.test_samples - final.test_correct - counted.errors)::double precision
                                / nullif(final.test_samples - inside.samples, 0) as error_rate) as outside
  left join lateral analysis.risk_ratio(
                        counted.errors, inside.samples,
                        final.test_samples - final.test_correct - counted.errors,
                        final.test_samples - inside.samples) as risk
         on not exists (select
                          from registry.error_category as rule
                         where rule.category = inside.category
                           and rule.feature = 'label_doubt');
comment on view analysis.category_error is
    'Whether a deviation matters: how often a model version errs on the test samples of each category, and on all others.';
comment on column analysis.category_error.model is 'The model.';
comment on column analysis.category_error.version is 'Its version.';
comment on column analysis.category_error.category is 'The category.';
comment on column analysis.category_error.samples is 'Test samples in it.';
comment on column analysis.category_error.errors is 'Those that the version classifies wrongly.';
comment on column analysis.category_error.error_rate is 'errors / samples.';
comment on column analysis.category_error.error_rate_outside is 'The same for the test samples that are not in it.';
comment on column analysis.category_error.ratio is
    'error_rate / error_rate_outside; null where there is no error outside, and where the category itself rests on what versions predict.';
comment on column analysis.category_error.ratio_lower is
    'Lower end of its 95 % interval (Koopman, 1984); above 1, the deviation matters.';
comment on column analysis.category_error.ratio_upper is
    'Upper end of its 95 % interval; null where it is infinite, because there is no error outside.';


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
       coalesce(missed.errors, 0)::double precision / inside.samples as error_rate
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


create or replace view analysis.unexplained_error as
select model.name as model,
       model_version.number as version,
       counted.errors,
       counted.unexplained
  from registry.model_version
  join registry.model using (model_id)
  join registry.run using (run_id)
 cross join lateral (select count(*) as errors,
                            count(*) filter (where explained.sample_id is null) as unexplained
                       from registry.misclassification as wrong
                       left join (select distinct sample_category.sample_id
                                    from analysis.sample_category
                                   where sample_category.dataset_id = run.dataset_id
                                     and sample_category.split = 'test') as explained using (sample_id)
                      where wrong.run_id = model_version.run_id
                        and wrong.epoch = model_version.epoch) as counted;
comment on view analysis.unexplained_error is 'Misclassified test samples that deviate from their class in no named way.';
comment on column analysis.unexplained_error.model is 'The model.';
comment on column analysis.unexplained_error.version is 'Its version.';
comment on column analysis.unexplained_error.errors is 'Misclassified test samples.';
comment on column analysis.unexplained_error.unexplained is 'Those that are in no category.';
