create or replace function analysis.wrong_votes(
    of_dataset          bigint,
    of_samples          bigint[] default null,
    of_label            smallint default null,
    of_model            text default null,
    since               timestamptz default null,
    until               timestamptz default null,
    out sample_id       bigint,
    out label           smallint,
    out predicted       smallint,
    out architecture    integer,
    out versions        bigint,
    out confidences     bigint,
    out confidence_sum  double precision
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 10000
    set plan_cache_mode = force_custom_plan
as $$
begin
    -- As in analysis.tested, a branch for each source.
    if since is null and until is null then
        return query
        select known.sample_id,
               known.label,
               known.predicted,
               known.architecture,
               sum(known.versions)::bigint,
               sum(known.confidences)::bigint,
               sum(known.confidence_sum)
          from analysis.missed_sample as known
         where known.split_id = analysis.test_split(of_dataset)
           and (of_samples is null or known.sample_id = any (of_samples))
           and (of_label is null or known.label = of_label)
           and (of_model is null or known.model = of_model)
         group by known.sample_id, known.label, known.predicted, known.architecture;
    else
        -- The versions first: their misses are then found by run and epoch, and those of other epochs are not read.
        return query
        select wrong.sample_id,
               wrong.label,
               wrong.predicted,
               version.architecture,
               count(*),
               count(wrong.confidence),
               sum(coalesce(nullif(wrong.confidence, 'NaN'), 0)::double precision)
          from analysis.tested_runs(of_dataset, of_model, since, until) as version
          join analysis.epoch_misclassification as wrong using (run, epoch)
         where (of_samples is null or wrong.sample_id = any (of_samples))
           and (of_label is null or wrong.label = of_label)
         group by wrong.sample_id, wrong.label, wrong.predicted, version.architecture;
    end if;
end
$$;
comment on function analysis.wrong_votes(bigint, bigint[], smallint, text, timestamptz, timestamptz) is
    'How many versions of each architecture take a test sample of a data set for a wrong class; of how many of them the probability that they give to it is known, and the sum of these. Filters as in analysis.tested_runs.';


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
    -- Sums over all models and wrong classes are there.
    is_summed boolean := of_model is null and since is null and until is null;
begin
    select * into tested_versions from analysis.tested_versions(of_dataset, of_model, since, until);
    return query
    select missed.sample_id,
           missed.label,
           sum(missed.versions)::bigint,
           sum(missed.versions::double precision / tested.versions) / tested_versions.architectures,
           sum(missed.confidence_sum / tested.versions)
               / nullif(sum(missed.confidences::double precision / tested.versions), 0),
           sum(missed.versions) = tested_versions.versions
      from (select total.sample_id,
                   total.label,
                   total.architecture,
                   total.versions,
                   total.confidences,
                   total.confidence_sum
              from analysis.missed_total as total
             where is_summed
               and total.split_id = analysis.test_split(of_dataset)
               and (of_label is null or total.label = of_label)
             union all
            select votes.sample_id,
                   votes.label,
                   votes.architecture,
                   votes.versions,
                   votes.confidences,
                   votes.confidence_sum
              from analysis.wrong_votes(of_dataset, null, of_label, of_model, since, until) as votes
             where not is_summed) as missed
      join analysis.tested(of_dataset, of_model, since, until) as tested using (architecture)
     group by missed.sample_id, missed.label;
end
$$;
comment on function analysis.missed_samples(bigint, text, smallint, timestamptz, timestamptz) is
    'The test samples of a data set that at least one model version misses: by how many, by what share with one vote for each architecture, the mean probability of the wrong class where it is known (null where it never is), and whether all versions miss it. Filters as in analysis.tested_runs.';


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
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
    rows 1000
as $$
    select wrong.sample_id,
           (array_agg(wrong.predicted order by wrong.share desc, wrong.predicted))[1],
           case
               when sum(wrong.confidences) > 0 then max(wrong.confidence) / (whole.architectures - sum(wrong.unknown))
           end
      from (select votes.sample_id,
                   votes.predicted,
                   sum(votes.versions::double precision / tested.versions) as share,
                   sum((votes.versions - votes.confidences)::double precision / tested.versions) as unknown,
                   sum(votes.confidences) as confidences,
                   sum(votes.confidence_sum / tested.versions) as confidence
              from analysis.wrong_votes(of_dataset, of_samples, null, of_model, since, until) as votes
              join analysis.tested(of_dataset, of_model, since, until) as tested using (architecture)
             group by votes.sample_id, votes.predicted) as wrong
     cross join analysis.tested_versions(of_dataset, of_model, since, until) as whole
     group by wrong.sample_id, whole.architectures
$$;
comment on function analysis.mistaken_for(bigint, bigint[], text, timestamptz, timestamptz) is
    'For test samples of a data set that model versions miss, all or those asked for: the wrong class that each is most often taken for, with one vote for each architecture, the smallest of several; and the largest mean probability given to one wrong class (label_doubt), over the votes of which it is known; null where it never is. Filters as in analysis.tested_runs.';


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
