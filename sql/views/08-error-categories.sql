create or replace function analysis.category_errors(
    of_dataset              bigint,
    of_model                text default null,
    of_version              bigint default null,
    out model               text,
    out version             integer,
    out category            text,
    out samples             bigint,
    out errors              bigint,
    out error_rate          double precision,
    out error_rate_outside  double precision,
    out ratio               double precision,
    out ratio_lower         double precision,
    out ratio_upper         double precision,
    out unjudged            bigint
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with deviation as materialized (
        -- Once, however many versions are asked for.
        select sample_id, category, applies
          from analysis.sample_deviation
         where dataset_id = of_dataset
           and split = 'test'
    ), size as (
        select category,
               count(*) filter (where applies) as samples,
               count(*) filter (where applies is null) as unjudged
          from deviation
         group by category
    ), tested as (
        select model, version, test_samples, misclassified
          from analysis.model_version
         where dataset_id = of_dataset
           and (of_model is null or model = of_model)
           and (of_version is null or version = of_version)
    ), wrong as (
        select missed.model,
               missed.version,
               deviation.category,
               count(*) filter (where deviation.applies) as errors,
               count(*) filter (where deviation.applies is null) as unjudged
          from analysis.misclassified_sample as missed
          join deviation using (sample_id)
         where missed.dataset_id = of_dataset
           and (of_model is null or missed.model = of_model)
           and (of_version is null or missed.version = of_version)
         group by missed.model, missed.version, deviation.category
    )
    select tested.model,
           tested.version,
           size.category,
           size.samples,
           inside.errors,
           inside.errors::double precision / size.samples,
           outside.errors::double precision / nullif(outside.samples, 0),
           risk.ratio,
           risk.lower,
           risk.upper,
           size.unjudged
      from tested
     cross join size
      left join wrong
             on wrong.model = tested.model
            and wrong.version = tested.version
            and wrong.category = size.category
     cross join lateral (select coalesce(wrong.errors, 0) as errors) as inside
     cross join lateral (select tested.test_samples - size.samples - size.unjudged as samples,
                                tested.misclassified - inside.errors - coalesce(wrong.unjudged, 0) as errors) as outside
      left join lateral analysis.risk_ratio(inside.errors, size.samples, outside.errors, outside.samples) as risk
             on not exists (select
                              from analysis.error_category as rule
                             where rule.category = size.category
                               and rule.feature = 'label_doubt')
     where size.samples > 0
$$;
comment on function analysis.category_errors(bigint, text, bigint) is
    'analysis.category_error of the versions that were trained with a data set; of one model, or one version, where that is asked for.';


create or replace view analysis.category_error as
select found.model,
       found.version,
       found.category,
       found.samples,
       found.errors,
       found.error_rate,
       found.error_rate_outside,
       found.ratio,
       found.ratio_lower,
       found.ratio_upper,
       found.unjudged
  from registry.dataset
 cross join lateral analysis.category_errors(dataset.dataset_id) as found
 where exists (select from registry.run where run.dataset_id = dataset.dataset_id);
comment on view analysis.category_error is
    'Whether a deviation matters: how often a model version errs on the test samples of each category, and on all others that can be judged.';
comment on column analysis.category_error.model is 'The model.';
comment on column analysis.category_error.version is 'Its version.';
comment on column analysis.category_error.category is 'The category.';
comment on column analysis.category_error.samples is 'Test samples in it.';
comment on column analysis.category_error.errors is 'Those that the version classifies wrongly.';
comment on column analysis.category_error.error_rate is 'errors / samples.';
comment on column analysis.category_error.error_rate_outside is
    'The same for the test samples that are not in it; those that cannot be judged are in neither.';
comment on column analysis.category_error.ratio is
    'error_rate / error_rate_outside; null where there is no error outside, and where the category itself rests on what versions predict.';
comment on column analysis.category_error.ratio_lower is
    'Lower end of its 95 % interval (Koopman, 1984); above 1, the deviation matters.';
comment on column analysis.category_error.ratio_upper is
    'Upper end of its 95 % interval; null where it is infinite, because there is no error outside.';
comment on column analysis.category_error.unjudged is
    'Test samples that cannot be judged: whether they are in it is not known (see analysis.sample_deviation).';


create or replace function analysis.unexplained_errors(
    of_dataset       bigint,
    of_model         text default null,
    of_version       bigint default null,
    out model        text,
    out version      integer,
    out errors       bigint,
    out unexplained  bigint,
    out unjudged     bigint
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with deviation as materialized (
        -- Of one version few samples have to be judged.
        select sample_id, bool_or(applies) as applies
          from analysis.sample_deviation
         where dataset_id = of_dataset
           and split = 'test'
           and sample_id = any (array(select distinct missed.sample_id
                                        from analysis.misclassified_sample as missed
                                       where missed.dataset_id = of_dataset
                                         and (of_model is null or missed.model = of_model)
                                         and (of_version is null or missed.version = of_version)))
         group by sample_id
    ), wrong as (
        select missed.model,
               missed.version,
               count(*) filter (where deviation.sample_id is null) as unexplained,
               count(*) filter (where deviation.sample_id is not null and deviation.applies is null) as unjudged
          from analysis.misclassified_sample as missed
          left join deviation using (sample_id)
         where missed.dataset_id = of_dataset
           and (of_model is null or missed.model = of_model)
           and (of_version is null or missed.version = of_version)
         group by missed.model, missed.version
    )
    select tested.model,
           tested.version,
           tested.misclassified,
           coalesce(wrong.unexplained, 0),
           coalesce(wrong.unjudged, 0)
      from analysis.model_version as tested
      left join wrong using (model, version)
     where tested.dataset_id = of_dataset
       and (of_model is null or tested.model = of_model)
       and (of_version is null or tested.version = of_version)
$$;
comment on function analysis.unexplained_errors(bigint, text, bigint) is
    'analysis.unexplained_error of the versions that were trained with a data set; of one model, or one version, where that is asked for.';


create or replace view analysis.unexplained_error as
select found.model,
       found.version,
       found.errors,
       found.unexplained,
       found.unjudged
  from registry.dataset
 cross join lateral analysis.unexplained_errors(dataset.dataset_id) as found
 where exists (select from registry.run where run.dataset_id = dataset.dataset_id);
comment on view analysis.unexplained_error is 'Misclassified test samples that deviate from their class in no named way.';
comment on column analysis.unexplained_error.model is 'The model.';
comment on column analysis.unexplained_error.version is 'Its version.';
comment on column analysis.unexplained_error.errors is 'Misclassified test samples.';
comment on column analysis.unexplained_error.unexplained is 'Those that can be judged and are in no category.';
comment on column analysis.unexplained_error.unjudged is
    'Those in no category of which some category cannot be told (see analysis.sample_deviation).';


create or replace function analysis.misclassified_by_category(
    of_model            text,
    of_version          bigint,
    most                bigint default null,
    out category        text,
    out is_judged       boolean,
    out index           integer,
    out label           smallint,
    out predicted       smallint,
    out confidence      real,
    out pixels          bytea,
    out height          integer,
    out width           integer,
    out class_name      text,
    out predicted_name  text
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with wrong as (
        select *
          from analysis.misclassified_sample
         where model = of_model
           and version = of_version
    ), deviation as materialized (
        select sample_id,
               category,
               applies
          from analysis.sample_deviation
         where dataset_id = (select dataset_id from wrong limit 1)
           and split = 'test'
           and sample_id = any (array(select sample_id from wrong))
    ), placed as (
        select sample_id, category, true as is_judged
          from deviation
         where applies
         union all
        select sample_id, null, bool_and(deviation.sample_id is null)
          from wrong
          left join deviation using (sample_id)
         group by sample_id
        having not coalesce(bool_or(applies), false)
    )
    select category, is_judged, index, label, predicted, confidence, pixels, height, width, class_name, predicted_name
      from (select placed.category, placed.is_judged, wrong.*,
                   row_number() over (partition by placed.category, placed.is_judged
                                          order by wrong.loss desc nulls last, wrong.confidence desc nulls last,
                                                   wrong.index) as position
              from wrong
              join placed using (sample_id)) as counted
     where position <= coalesce(most, position)
     order by category nulls last, is_judged desc, position
$$;
comment on function analysis.misclassified_by_category(text, bigint, bigint) is
    'The misclassified samples of a model version in each category, those with the largest loss first, or, where it is not known, with the largest confidence; at the end, without a category, those that are in none, and those of which that cannot be told (is_judged is false). Of each at most as many as asked for.';
