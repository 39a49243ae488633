-- What one model version breaks of what another classifies correctly, and what it mends.

create or replace view analysis.flip as
select a_model.name as a_model,
       a.number as a_version,
       b_model.name as b_model,
       b.number as b_version,
       case
           when changed.by_a is null then 'broken'
           when changed.by_b is null then 'mended'
           else 'changed'
       end as change,
       sample.index,
       sample.label,
       a_dataset.class_names[sample.label + 1] as class_name,
       coalesce(changed.by_a, sample.label) as a_predicted,
       a_dataset.class_names[coalesce(changed.by_a, sample.label) + 1] as a_predicted_name,
       (select case
                   when changed.by_a is not null then changed.a_confidence
                   when kept.loss < 87 then exp(-kept.loss)::real
                   when kept.loss is not null then 0
               end
          from (select (select losses[sample.index + 1]
                          from registry.test_loss
                         where run_id = a.run_id
                           and epoch = a.epoch) as loss) as kept) as a_confidence,
       coalesce(changed.by_b, sample.label) as b_predicted,
       b_dataset.class_names[coalesce(changed.by_b, sample.label) + 1] as b_predicted_name,
       (select case
                   when changed.by_b is not null then changed.b_confidence
                   when kept.loss < 87 then exp(-kept.loss)::real
                   when kept.loss is not null then 0
               end
          from (select (select losses[sample.index + 1]
                          from registry.test_loss
                         where run_id = b.run_id
                           and epoch = b.epoch) as loss) as kept) as b_confidence,
       sample.pixels,
       split.height,
       split.width,
       sample.sample_id
  from registry.model_version as a
  join registry.model as a_model on a_model.model_id = a.model_id
  join registry.run as a_run on a_run.run_id = a.run_id
  join registry.dataset as a_dataset on a_dataset.dataset_id = a_run.dataset_id
  join registry.dataset as b_dataset on b_dataset.test_split_id = a_dataset.test_split_id
  join registry.run as b_run on b_run.dataset_id = b_dataset.dataset_id
  join registry.model_version as b on b.run_id = b_run.run_id
  join registry.model as b_model on b_model.model_id = b.model_id
 cross join lateral (select sample_id,
                            of_a.predicted as by_a,
                            of_a.confidence as a_confidence,
                            of_b.predicted as by_b,
                            of_b.confidence as b_confidence
                       from (select sample_id, predicted, confidence
                               from registry.misclassification
                              where run_id = a.run_id
                                and epoch = a.epoch) as of_a
                       full join (select sample_id, predicted, confidence
                                    from registry.misclassification
                                   where run_id = b.run_id
                                     and epoch = b.epoch) as of_b using (sample_id)
                      where of_a.predicted is distinct from of_b.predicted) as changed
  join registry.sample using (sample_id)
  join registry.split using (split_id);
comment on view analysis.flip is
    'Test samples that the second of two model versions tested on the same samples classifies otherwise than the first. A view, as analysis.agreement is: ask for one pair, whose rows are found by index; there are as many pairs as versions squared.';
comment on column analysis.flip.a_model is 'Model of the first version.';
comment on column analysis.flip.a_version is 'Number of the first version.';
comment on column analysis.flip.b_model is 'Model of the second version.';
comment on column analysis.flip.b_version is 'Number of the second version.';
comment on column analysis.flip.change is
    'broken (only the first is right), mended (only the second is right) or changed (both are wrong, in different ways).';
comment on column analysis.flip.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.flip.label is 'The true class.';
comment on column analysis.flip.class_name is 'Its name.';
comment on column analysis.flip.a_predicted is 'The class that the first predicts.';
comment on column analysis.flip.a_predicted_name is 'Its name.';
comment on column analysis.flip.a_confidence is
    'Probability that the first gives to it; of a right answer e to the minus loss; null where it is not known.';
comment on column analysis.flip.b_predicted is 'The class that the second predicts.';
comment on column analysis.flip.b_predicted_name is 'Its name.';
comment on column analysis.flip.b_confidence is 'Probability that the second gives to it; null where it is not known.';
comment on column analysis.flip.pixels is 'Intensities 0…255, row by row.';
comment on column analysis.flip.height is 'Rows of the image, in pixels.';
comment on column analysis.flip.width is 'Columns of the image, in pixels.';
comment on column analysis.flip.sample_id is 'Key of the sample.';


create or replace view analysis.changed_prediction as
select flip.b_model as model,
       flip.b_version as version,
       flip.a_version as earlier_version,
       flip.index,
       flip.label,
       flip.a_predicted as earlier_predicted,
       flip.b_predicted as predicted,
       flip.change,
       flip.class_name,
       flip.a_predicted_name as earlier_predicted_name,
       flip.b_predicted_name as predicted_name,
       flip.sample_id
  from analysis.model_version as this
 cross join lateral (select before.version
                       from analysis.model_version as before
                      where before.model = this.model
                        and before.version < this.version
                        and before.test_split_id = this.test_split_id
                      order by before.version desc
                      limit 1) as earlier
 cross join lateral (select *
                       from analysis.flip
                      where a_model = this.model
                        and a_version = earlier.version
                        and b_model = this.model
                        and b_version = this.version) as flip;
comment on view analysis.changed_prediction is
    'Test samples that a model version classifies otherwise than the version before it that was tested on the same samples: analysis.flip of the two.';
comment on column analysis.changed_prediction.model is 'The model.';
comment on column analysis.changed_prediction.version is 'Its version.';
comment on column analysis.changed_prediction.earlier_version is 'The version before it.';
comment on column analysis.changed_prediction.index is 'Position of the sample in the test split, from 0.';
comment on column analysis.changed_prediction.label is 'The true class.';
comment on column analysis.changed_prediction.earlier_predicted is 'The class that the version before predicts.';
comment on column analysis.changed_prediction.predicted is 'The class that this version predicts.';
comment on column analysis.changed_prediction.change is
    'broken (right before), mended (right now) or changed (wrong in another way).';
comment on column analysis.changed_prediction.class_name is 'Name of the true class.';
comment on column analysis.changed_prediction.earlier_predicted_name is 'Name of the class that the version before predicts.';
comment on column analysis.changed_prediction.predicted_name is 'Name of the class that this version predicts.';
comment on column analysis.changed_prediction.sample_id is 'Key of the sample.';


create or replace function analysis.flip_counts(
    of_a_model        text,
    of_a_version      bigint,
    of_b_model        text,
    of_b_version      bigint,
    out change        text,
    out samples       bigint,
    out out_of        bigint,
    out share         double precision,
    out share_lower   double precision,
    out share_upper   double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select kind.change,
           counted.samples,
           kind.out_of,
           counted.samples::double precision / nullif(kind.out_of, 0),
           wilson.lower,
           wilson.upper
      from analysis.agreement as pair
     cross join lateral (values (1, 'broken', pair.both_correct + pair.only_a_correct),
                                (2, 'mended', pair.only_b_correct + pair.neither_correct),
                                (3, 'changed', pair.only_b_correct + pair.neither_correct)) as kind (position, change, out_of)
     cross join lateral (select count(*) as samples
                           from analysis.flip
                          where flip.a_model = of_a_model
                            and flip.a_version = of_a_version
                            and flip.b_model = of_b_model
                            and flip.b_version = of_b_version
                            and flip.change = kind.change) as counted
      left join lateral analysis.wilson_interval(counted.samples, kind.out_of) as wilson
             on true
     where pair.a_model = of_a_model
       and pair.a_version = of_a_version
       and pair.b_model = of_b_model
       and pair.b_version = of_b_version
     order by kind.position
$$;
comment on function analysis.flip_counts(text, bigint, text, bigint) is
    'How many test samples the second of two versions breaks, of those that the first classifies correctly; and mends or changes, of those that the first classifies wrongly; with the 95 % interval of the share (Wilson, 1927). No row for versions that were not tested on the same samples.';


create or replace function analysis.class_flips(
    of_a_model            text,
    of_a_version          bigint,
    of_b_model            text,
    of_b_version          bigint,
    out label             smallint,
    out class_name        text,
    out samples           bigint,
    out broken            bigint,
    out mended            bigint,
    out changed           bigint,
    out difference        double precision,
    out difference_lower  double precision,
    out difference_upper  double precision,
    out adjusted_p        double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select class.label,
           class.class_name,
           class.samples,
           class.only_a_correct,
           class.only_b_correct,
           coalesce(other.samples, 0),
           paired.difference,
           paired.lower,
           paired.upper,
           class.adjusted_p
      from analysis.class_agreement as class
      left join (select flip.label, count(*) as samples
                   from analysis.flip
                  where flip.a_model = of_a_model
                    and flip.a_version = of_a_version
                    and flip.b_model = of_b_model
                    and flip.b_version = of_b_version
                    and flip.change = 'changed'
                  group by flip.label) as other
        on other.label = class.label
     cross join lateral analysis.paired_difference(class.only_a_correct, class.only_b_correct, class.samples) as paired
     where class.a_model = of_a_model
       and class.a_version = of_a_version
       and class.b_model = of_b_model
       and class.b_version = of_b_version
     order by class.label
$$;
comment on function analysis.class_flips(text, bigint, text, bigint) is
    'What the second of two versions breaks, mends and changes of each class; the difference of the class''s accuracies, second minus first, with its 95 % interval (Agresti and Min, 2005), and the p value of McNemar''s exact test, adjusted for the number of classes (Holm).';


create or replace function analysis.confusion_flips(
    of_a_model            text,
    of_a_version          bigint,
    of_b_model            text,
    of_b_version          bigint,
    out label             smallint,
    out class_name        text,
    out predicted         smallint,
    out predicted_name    text,
    out samples           bigint,
    out before            bigint,
    out now               bigint,
    out come              bigint,
    out gone              bigint,
    out difference        double precision,
    out difference_lower  double precision,
    out difference_upper  double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with flipped as (
        select label, class_name, a_predicted, a_predicted_name, b_predicted, b_predicted_name
          from analysis.flip
         where flip.a_model = of_a_model
           and flip.a_version = of_a_version
           and flip.b_model = of_b_model
           and flip.b_version = of_b_version
    ), moved as (
        select label, class_name, predicted, predicted_name,
               count(*) filter (where is_now) as come,
               count(*) filter (where not is_now) as gone
          from (select label, class_name, b_predicted as predicted, b_predicted_name as predicted_name, true as is_now
                  from flipped
                 union all
                select label, class_name, a_predicted, a_predicted_name, false
                  from flipped) as answer
         where predicted <> label
         group by label, class_name, predicted, predicted_name
    ), confusion as (
        select confusion.label, confusion.predicted, confusion.samples
          from analysis.confusion
         where confusion.model = of_a_model
           and confusion.version = of_a_version
    ), class as (
        select class_accuracy.label, class_accuracy.samples
          from analysis.class_accuracy
         where class_accuracy.model = of_a_model
           and class_accuracy.version = of_a_version
    )
    select moved.label,
           moved.class_name,
           moved.predicted,
           moved.predicted_name,
           class.samples,
           coalesce(confusion.samples, 0),
           coalesce(confusion.samples, 0) + moved.come - moved.gone,
           moved.come,
           moved.gone,
           paired.difference,
           paired.lower,
           paired.upper
      from moved
      join class
        on class.label = moved.label
      left join confusion
             on confusion.label = moved.label
            and confusion.predicted = moved.predicted
     cross join lateral analysis.paired_difference(moved.gone, moved.come, class.samples) as paired
     order by moved.come + moved.gone desc, moved.label, moved.predicted
$$;
comment on function analysis.confusion_flips(text, bigint, text, bigint) is
    'Which confusions come and go from the first of two versions to the second: how many test samples of a class each takes for another, how many of these are others than before, and the difference of the shares of the class, second minus first, with its 95 % interval (Agresti and Min, 2005); the confusion with most changes first.';


create or replace function analysis.category_flips(
    of_a_model            text,
    of_a_version          bigint,
    of_b_model            text,
    of_b_version          bigint,
    out category          text,
    out is_judged         boolean,
    out samples           bigint,
    out broken            bigint,
    out mended            bigint,
    out changed           bigint,
    out difference        double precision,
    out difference_lower  double precision,
    out difference_upper  double precision,
    out adjusted_p        double precision
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with flipped as materialized (
        select flip.sample_id, flip.change
          from analysis.flip
         where flip.a_model = of_a_model
           and flip.a_version = of_a_version
           and flip.b_model = of_b_model
           and flip.b_version = of_b_version
    ), tested as (
        select b.dataset_id
          from analysis.model_version as a
          join analysis.model_version as b using (test_split_id)
         where a.model = of_a_model
           and a.version = of_a_version
           and b.model = of_b_model
           and b.version = of_b_version
    ), deviation as materialized (
        select sample_id, category, applies
          from analysis.sample_deviation
         where dataset_id = (select dataset_id from tested)
           and split = 'test'
    ), placed as (
        select sample_id, category, true as is_judged
          from deviation
         where applies
         union all
        select tested_sample.sample_id, null, bool_and(deviation.sample_id is null)
          from tested
          join analysis.prediction as tested_sample
            on tested_sample.model = of_b_model
           and tested_sample.version = of_b_version
          left join deviation
                 on deviation.sample_id = tested_sample.sample_id
         group by tested_sample.sample_id
        having not coalesce(bool_or(deviation.applies), false)
    ), counted as (
        select placed.category,
               placed.is_judged,
               count(*) as samples,
               count(*) filter (where flipped.change = 'broken') as broken,
               count(*) filter (where flipped.change = 'mended') as mended,
               count(*) filter (where flipped.change = 'changed') as changed
          from placed
          left join flipped using (sample_id)
         group by placed.category, placed.is_judged
    ), judged as (
        select counted.*,
               case
                   -- What rests on the versions' own answers proves nothing about them.
                   when category is not null
                    and not exists (select
                                      from analysis.error_category as rule
                                     where rule.category = counted.category
                                       and rule.feature = 'label_doubt') then
                       (analysis.mcnemar(broken, mended)).exact_p
               end as p,
               row_number() over (order by category, is_judged desc) as position
          from counted
    )
    select judged.category,
           judged.is_judged,
           judged.samples,
           judged.broken,
           judged.mended,
           judged.changed,
           paired.difference,
           paired.lower,
           paired.upper,
           holm.p[judged.position]
      from judged
     cross join (select analysis.holm(array_agg(p order by position)) as p from judged) as holm
      left join lateral analysis.paired_difference(judged.broken, judged.mended, judged.samples) as paired
             on judged.p is not null or judged.category is null
     order by judged.category nulls last, judged.is_judged desc
$$;
comment on function analysis.category_flips(text, bigint, text, bigint) is
    'What the second of two versions breaks, mends and changes of the test samples of each error category (see analysis.sample_deviation, of the second''s data set); at the end, without a category, of those that are in none, and of those of which that cannot be told (is_judged is false). The difference of the accuracies, second minus first, has its 95 % interval (Agresti and Min, 2005) and the p value of McNemar''s exact test, adjusted for the number of categories (Holm); neither where the category rests on what versions predict.';


create or replace function analysis.seed_flips(
    of_model           text,
    of_version         bigint,
    out recipe         bytea,
    out seeds          bigint,
    out pairs          bigint,
    out mean_broken    double precision,
    out least_broken   bigint,
    out most_broken    bigint
)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with asked as (
        select dataset_id, architecture, origin,
               (select configuration from analysis.run where run.run = model_version.run) #- '{training,seed}' as settings
          from analysis.model_version
         where model = of_model
           and version = of_version
    ), alike as materialized (
        -- The same seed gives the same weights, so that one version of each is enough.
        select number, run_id, epoch
          from (select row_number() over (order by run_id desc) as number, run_id, epoch
                  from (select distinct on (seed) like_it.run as run_id, like_it.epoch
                          from asked
                          join analysis.model_version as like_it
                            on like_it.dataset_id = asked.dataset_id
                           and like_it.architecture = asked.architecture
                          join analysis.run
                            on run.run = like_it.run
                         cross join lateral (select run.configuration #> '{training,seed}' as seed) as drawn
                         where asked.origin = 'trained'
                           and run.configuration #- '{training,seed}' = asked.settings
                           and drawn.seed is not null
                         order by seed, like_it.run desc) as of_seed) as numbered
         where number <= 20
    ), missed as materialized (
        select alike.number, wrong.sample_id
          from alike
          join analysis.epoch_misclassification as wrong
            on wrong.run = alike.run_id
           and wrong.epoch = alike.epoch
    ), total as (
        select alike.number, count(missed.sample_id) as samples
          from alike
          left join missed using (number)
         group by alike.number
    ), shared as (
        select a.number as a, b.number as b, count(*) as samples
          from missed as a
          join missed as b using (sample_id)
         where a.number <> b.number
         group by a.number, b.number
    ), pair as (
        select total.samples - coalesce(shared.samples, 0) as broken
          from total
          join alike as a
            on a.number <> total.number
          left join shared
                 on shared.a = a.number
                and shared.b = total.number
    )
    select (select sha256(convert_to(concat_ws(' ', dataset_id, settings), 'UTF8')) from asked where origin = 'trained'),
           (select count(*) from alike),
           count(*),
           avg(broken)::double precision,
           min(broken),
           max(broken)
      from pair
$$;
comment on function analysis.seed_flips(text, bigint) is
    'How many test samples a new seed of the same recipe breaks anyway: over the versions that were trained with the configuration of the one asked for, but for the seed, on its data set (the newest 20 seeds), how many samples one classifies wrongly and another correctly, for each ordered pair; mean, least and most. Nulls with fewer than two seeds. Versions with the same recipe, a hash, have the same figures; imports have none.';
