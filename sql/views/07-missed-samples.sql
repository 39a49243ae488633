-- A share is a mean of quotients: where all versions miss a sample, each quotient is 1, and so is the share.
-- Planned for each call: a plan for any arguments takes a few architectures for granted.
create or replace function analysis.missed_samples(
    of_dataset           bigint,
    of_model             text default null,
    of_label             smallint default null,
    since                timestamptz default null,
    until                timestamptz default null,
    out sample_id        bigint,
    out label            smallint,
    out missed_by        bigint,
    out missed_share     double precision,
    out mean_confidence  double precision,
    out missed_by_all    boolean
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 10000
    set plan_cache_mode = force_custom_plan
as $$
declare
    tested_versions record;
begin
    select * into tested_versions from analysis.tested_versions(of_dataset, of_model, since, until);
    -- As in analysis.tested, a branch for each source: sums over all models, sums of each, the misses themselves.
    if since is not null or until is not null then
        -- The versions first: their misses are then found by run and epoch, and those of other epochs are not read.
        return query
        with tested as materialized (
            select * from analysis.tested(of_dataset, of_model, since, until)
        ), version as materialized (
            select version.run, version.epoch, version.architecture
              from analysis.model_version as version
             where version.test_split_id = analysis.test_split(of_dataset)
               and (of_model is null or version.model = of_model)
               and version.registered_at >= coalesce(since, '-infinity')
               and version.registered_at < coalesce(until, 'infinity')
        )
        select missed.sample_id,
               missed.label,
               sum(missed.versions)::bigint,
               sum(missed.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(missed.confidence_sum / tested.versions)
                   / nullif(sum(missed.confidences::double precision / tested.versions), 0),
               sum(missed.versions) = tested_versions.versions
          from (select wrong.sample_id,
                       wrong.label,
                       version.architecture,
                       count(*) as versions,
                       count(wrong.confidence) as confidences,
                       sum(coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision) as confidence_sum
                  from version
                  join analysis.epoch_misclassification as wrong using (run, epoch)
                 where of_label is null
                    or wrong.label = of_label
                 group by wrong.sample_id, wrong.label, version.architecture) as missed
          join tested using (architecture)
         group by missed.sample_id, missed.label;
    elsif of_model is not null then
        return query
        select missed.sample_id,
               missed.label,
               sum(missed.versions)::bigint,
               sum(missed.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(missed.confidence_sum / tested.versions)
                   / nullif(sum(missed.confidences::double precision / tested.versions), 0),
               sum(missed.versions) = tested_versions.versions
          from (select known.sample_id,
                       known.label,
                       known.architecture,
                       sum(known.versions) as versions,
                       sum(known.confidences) as confidences,
                       sum(known.confidence_sum) as confidence_sum
                  from analysis.missed_sample as known
                 where known.split_id = analysis.test_split(of_dataset)
                   and known.model = of_model
                   and (of_label is null or known.label = of_label)
                 group by known.sample_id, known.label, known.architecture) as missed
          join analysis.tested(of_dataset, of_model) as tested using (architecture)
         group by missed.sample_id, missed.label;
    else
        return query
        select total.sample_id,
               total.label,
               sum(total.versions)::bigint,
               sum(total.versions::double precision / tested.versions) / tested_versions.architectures,
               sum(total.confidence_sum / tested.versions)
                   / nullif(sum(total.confidences::double precision / tested.versions), 0),
               sum(total.versions) = tested_versions.versions
          from analysis.missed_total as total
          join analysis.tested(of_dataset) as tested using (architecture)
         where total.split_id = analysis.test_split(of_dataset)
           and (of_label is null or total.label = of_label)
         group by total.sample_id, total.label;
    end if;
end
$$;
comment on function analysis.missed_samples(bigint, text, smallint, timestamptz, timestamptz) is
    'The test samples of a data set that at least one model version misses: by how many, by what share with one vote for each architecture, the mean probability of the wrong class where it is known (null where it never is), and whether all versions miss it. Filters as in analysis.tested.';


create or replace function analysis.mistaken_for(
    of_dataset                bigint,
    of_samples                bigint[] default null,
    of_model                  text default null,
    since                     timestamptz default null,
    until                     timestamptz default null,
    out sample_id             bigint,
    out commonest_prediction  smallint,
    out label_doubt           double precision
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
    set plan_cache_mode = force_custom_plan
as $$
declare
    architectures bigint := (analysis.tested_versions(of_dataset, of_model, since, until)).architectures;
begin
    if since is null and until is null then
        return query
        select wrong.sample_id,
               (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1],
               case
                   when sum(wrong.confidences) > 0 then max(wrong.confidence) / (architectures - sum(wrong.unknown))
               end
          from (select missed.sample_id,
                       missed.predicted,
                       sum(missed.versions::double precision / tested.versions) as share,
                       sum((missed.versions - missed.confidences)::double precision / tested.versions) as unknown,
                       sum(missed.confidences) as confidences,
                       sum(missed.confidence_sum / tested.versions) as confidence
                  from (select known.sample_id,
                               known.predicted,
                               known.architecture,
                               sum(known.versions) as versions,
                               sum(known.confidences) as confidences,
                               sum(known.confidence_sum) as confidence_sum
                          from analysis.missed_sample as known
                         where known.split_id = analysis.test_split(of_dataset)
                           and (of_samples is null or known.sample_id = any (of_samples))
                           and (of_model is null or known.model = of_model)
                         group by known.sample_id, known.predicted, known.architecture) as missed
                  join analysis.tested(of_dataset, of_model) as tested using (architecture)
                 group by missed.sample_id, missed.predicted) as wrong
         group by wrong.sample_id;
    else
        return query
        with tested as materialized (
            select * from analysis.tested(of_dataset, of_model, since, until)
        ), version as materialized (
            select version.run, version.epoch, version.architecture
              from analysis.model_version as version
             where version.test_split_id = analysis.test_split(of_dataset)
               and (of_model is null or version.model = of_model)
               and version.registered_at >= coalesce(since, '-infinity')
               and version.registered_at < coalesce(until, 'infinity')
        )
        select wrong.sample_id,
               (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1],
               case
                   when sum(wrong.confidences) > 0 then max(wrong.confidence) / (architectures - sum(wrong.unknown))
               end
          from (select missed.sample_id,
                       missed.predicted,
                       sum(missed.versions::double precision / tested.versions) as share,
                       sum((missed.versions - missed.confidences)::double precision / tested.versions) as unknown,
                       sum(missed.confidences) as confidences,
                       sum(missed.confidence_sum / tested.versions) as confidence
                  from (select found.sample_id,
                               found.predicted,
                               version.architecture,
                               count(*) as versions,
                               count(found.confidence) as confidences,
                               sum(coalesce(nullif(found.confidence, 'NaN'), 0)::double precision) as confidence_sum
                          from version
                          join analysis.epoch_misclassification as found using (run, epoch)
                         where of_samples is null
                            or found.sample_id = any (of_samples)
                         group by found.sample_id, found.predicted, version.architecture) as missed
                  join tested using (architecture)
                 group by missed.sample_id, missed.predicted) as wrong
         group by wrong.sample_id;
    end if;
end
$$;
comment on function analysis.mistaken_for(bigint, bigint[], text, timestamptz, timestamptz) is
    'For test samples of a data set that model versions miss, all or those asked for: the wrong class that each is most often taken for, with one vote for each architecture, the smallest of several; and the largest mean probability given to one wrong class (label_doubt), over the votes of which it is known; null where it never is. Filters as in analysis.tested.';


create or replace function analysis.hard_samples(
    of_dataset                 bigint,
    of_model                   text default null,
    of_label                   smallint default null,
    since                      timestamptz default null,
    until                      timestamptz default null,
    most                       bigint default null,
    out sample_id              bigint,
    out label                  smallint,
    out missed_by              bigint,
    out missed_share           double precision,
    out commonest_prediction   smallint,
    out mean_confidence        double precision,
    out label_doubt            double precision,
    out missed_by_all          boolean
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
as $$
    with missed as materialized (
        select *
          from analysis.missed_samples(of_dataset, of_model, of_label, since, until)
         order by missed_share desc, mean_confidence desc nulls last, sample_id
         limit most
    )
    select missed.sample_id,
           missed.label,
           missed.missed_by,
           missed.missed_share,
           mistaken.commonest_prediction,
           missed.mean_confidence,
           mistaken.label_doubt,
           missed.missed_by_all
      from missed
      join analysis.mistaken_for(
               of_dataset,
               case when most is not null then array(select missed.sample_id from missed) end,
               of_model, since, until) as mistaken using (sample_id)
     order by missed.missed_share desc, missed.mean_confidence desc nulls last, missed.sample_id
$$;
comment on function analysis.hard_samples(bigint, text, smallint, timestamptz, timestamptz, bigint) is
    'The test samples that the largest share of versions miss, the hardest first, all or as many as asked for: analysis.missed_samples with what they are taken for.';
