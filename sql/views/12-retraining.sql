create or replace function analysis.noninferiority(
    broken            bigint,
    mended            bigint,
    samples           bigint,
    margin            double precision,
    level             double precision,
    out outcome       text,
    out loss          double precision,
    out loss_lower    double precision,
    out loss_upper    double precision,
    out more_samples  bigint
)
    language sql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
    select case
               when -lower < margin then 'passed'
               when -upper > margin then 'failed'
               else 'not shown'
           end,
           -difference,
           -upper,
           -lower,
           case
               when -lower >= margin and -upper <= margin then
                   greatest(1, analysis.paired_score_samples(broken, mended, samples, -margin, level) - samples)
           end
      from analysis.paired_score_interval(broken, mended, samples, level)
     where difference is not null
$$;
comment on function analysis.noninferiority(bigint, bigint, bigint, double precision, double precision) is
    'Whether a version that breaks and mends so many test samples of another loses less accuracy than a margin: passed when the upper end of the loss''s interval (analysis.paired_score_interval) is below the margin, failed when the lower end is above it, else not shown, with the number of further test samples that would decide if things go on as until now.';


create or replace function analysis.gate_checks(
    of_model             text,
    of_version           bigint,
    production           bigint,
    production_missed    integer[],
    margin               double precision,
    level                double precision,
    minimum_accuracy     double precision,
    guards               text[],
    must_pass            integer[],
    out check_name       text,
    out subject          text,
    out outcome          text,
    out samples          bigint,
    out broken           bigint,
    out mended           bigint,
    out loss             double precision,
    out loss_lower       double precision,
    out loss_upper       double precision,
    out more_samples     bigint,
    out adjusted_p       double precision,
    out accuracy_before  double precision,
    out reason           text
)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    with candidate as materialized (
        select version, dataset_id, test_split_id, test_samples, test_correct, test_accuracy
          from analysis.model_version
         where model = of_model
           and version = of_version
    ), tested as materialized (
        select index, label, class_name, sample_id, not is_correct as is_missed
          from analysis.prediction
         where model = of_model
           and version = of_version
    ), best as (
        select before.version
          from candidate
          join analysis.model_version as before
            on before.model = of_model
           and before.test_split_id = candidate.test_split_id
           and before.version <> candidate.version
         where production is not null
           and exists (select
                         from analysis.alias_history as held
                        where held.model = of_model
                          and held.alias = 'production'
                          and held.version = before.version)
         order by before.test_correct desc, before.version
         limit 1
    ), old as materialized (
        -- What each missed that the candidate is compared with.
        select 'production' as kind, production as version, production_missed as missed
         where production is not null
           and production_missed is not null
         union all
        select case when earlier.version = production and production_missed is null then 'production' else 'best' end,
               earlier.version,
               array(select index
                       from analysis.misclassified_sample as wrong
                      where wrong.model = of_model
                        and wrong.version = earlier.version)
          from candidate
          join analysis.model_version as earlier
            on earlier.model = of_model
           and earlier.test_split_id = candidate.test_split_id
         where earlier.version = production and production_missed is null
            or earlier.version = (select version from best) and earlier.version is distinct from production
    ), missed_before as materialized (
        select distinct old.kind, index
          from old
         cross join unnest(old.missed) as index
    ), overall as (
        select old.kind,
               old.version,
               count(*) as samples,
               count(*) filter (where tested.is_missed and missed_before.index is null) as broken,
               count(*) filter (where not tested.is_missed and missed_before.index is not null) as mended
          from old
         cross join tested
          left join missed_before
                 on missed_before.kind = old.kind
                and missed_before.index = tested.index
         group by old.kind, old.version
    ), guard as materialized (
        select min(place) as place, name, split_part(name, '=', 1) as kind, substr(name, strpos(name, '=') + 1) as value
          from unnest(guards) with ordinality as given (name, place)
         where name is not null
         group by name
    ), placed as materialized (
        -- Judged once, and only where a guard asks for it.
        select deviation.category, deviation.sample_id
          from analysis.sample_category as deviation
         where deviation.dataset_id = (select dataset_id from candidate)
           and deviation.split = 'test'
           and (select bool_or(kind = 'category') from guard)
    ), member as (
        select guard.name, tested.index, tested.is_missed
          from guard
          join tested
            on guard.kind = 'label' and tested.label::text = guard.value
            or guard.kind = 'class' and tested.class_name = guard.value
         union all
        select guard.name, tested.index, tested.is_missed
          from guard
          join placed
            on placed.category = guard.value
          join tested using (sample_id)
         where guard.kind = 'category'
    ), guarded as (
        select guard.place,
               guard.name,
               count(member.index) as samples,
               count(*) filter (where member.is_missed and missed_before.index is null) as broken,
               count(*) filter (where not member.is_missed and missed_before.index is not null) as mended
          from guard
          left join member using (name)
          left join missed_before
                 on missed_before.kind = 'production'
                and missed_before.index = member.index
         where exists (select from old where kind = 'production')
         group by guard.place, guard.name
    ), guard_p as (
        select guarded.*,
               row_number() over (order by place) as number,
               case
                   when samples > 0 then
                       case when broken > mended then (analysis.mcnemar(broken, mended)).exact_p else 1 end
               end as p
          from guarded
    ), adjusted as (
        select analysis.holm(array_agg(p order by number)) as p from guard_p
    ), written as (
        select format('%s@%s', of_model, overall.version) as name,
               rtrim(to_char(100 * (1 - level), 'FM990.99'), '.') as percent,
               overall.*
          from overall
    ), found as (
        select 1 as position, 'accuracy' as check_name, 'minimum' as subject,
               case when test_accuracy >= minimum_accuracy then 'passed' else 'failed' end as outcome,
               test_samples::bigint as samples, null::bigint as broken, null::bigint as mended,
               null::double precision as loss, null::double precision as loss_lower, null::double precision as loss_upper,
               null::bigint as more_samples, null::double precision as adjusted_p, null::double precision as accuracy_before,
               format('accuracy %s is %s the minimum of %s', to_char(test_accuracy, 'FM0.0000'),
                      case when test_accuracy >= minimum_accuracy then 'not below' else 'below' end, minimum_accuracy) as reason
          from candidate
         where minimum_accuracy > 0
         union all
        select case kind when 'production' then 2 else 3 end, kind, name, judged.outcome, samples, broken, mended,
               judged.loss, judged.loss_lower, judged.loss_upper, judged.more_samples, null,
               (test_correct + broken - mended)::double precision / samples,
               case judged.outcome
                   when 'passed' then
                       format('loses at most %s of accuracy against %s, less than the margin of %s',
                              to_char(greatest(0, judged.loss_upper), 'FM0.0000'), name, margin)
                   when 'failed' then
                       format('worse than %s by more than the margin of %s: loss %s, %s %% interval %s to %s', name, margin,
                              to_char(judged.loss, 'FM0.0000'), percent, to_char(judged.loss_lower, 'FM0.0000'),
                              to_char(judged.loss_upper, 'FM0.0000'))
                   else
                       format('not shown to be no worse than %s: loss %s, %s %% interval %s to %s, margin %s; %s', name,
                              replace(to_char(judged.loss, 'FM0.0000'), '-', '−'), percent,
                              replace(to_char(judged.loss_lower, 'FM0.0000'), '-', '−'),
                              to_char(judged.loss_upper, 'FM0.0000'), margin,
                              coalesce(format('about %s more test samples would decide',
                                              analysis.count_text(judged.more_samples)),
                                       'no number of test samples would decide, as things are'))
               end
          from written
         cross join candidate
         cross join lateral analysis.noninferiority(broken, mended, samples, margin, level) as judged
         union all
        select 2, 'production', format('%s@%s', of_model, production), 'not shown', test_samples, null, null, null, null,
               null, null, null, null, format('%s@%s was not tested on the same test samples', of_model, production)
          from candidate
         where production is not null
           and not exists (select from old where kind = 'production')
         union all
        select 4, 'guard', name,
               case
                   when samples = 0 then 'not shown'
                   when adjusted.p[number] < level then 'failed'
                   else 'passed'
               end, samples, broken, mended, null, null, null, null, adjusted.p[number], null,
               case
                   when samples = 0 then format('guard %s: no test sample is of it', name)
                   else
                       format('guard %s: breaks %s and mends %s of %s test samples (adjusted %s)', name,
                              analysis.count_text(broken), analysis.count_text(mended), analysis.count_text(samples),
                              analysis.probability_text(adjusted.p[number]))
               end
          from guard_p
         cross join adjusted
         union all
        select 5, 'must pass', 'samples', case when count(*) filter (where is_missed is not false) = 0 then 'passed' else 'failed' end,
               count(*), null, null, null, null, null, null, null, null,
               case
                   when count(*) filter (where is_missed is not false) = 0 then
                       format('all %s samples that must pass do', analysis.count_text(count(*)))
                   else
                       format('%s of %s samples that must pass do not: %s',
                              analysis.count_text(count(*) filter (where is_missed is not false)),
                              analysis.count_text(count(*)),
                              array_to_string((array_agg(given.index order by given.index)
                                                   filter (where is_missed is not false))[:10], ', ')
                              || case when count(*) filter (where is_missed is not false) > 10 then ', …' else '' end)
               end
          from (select distinct index from unnest(must_pass) as index where index is not null) as given
          left join tested using (index)
         cross join candidate
        having count(*) > 0
    )
    select check_name, subject, outcome, samples, broken, mended, loss, loss_lower, loss_upper, more_samples, adjusted_p,
           accuracy_before, reason
      from found
     order by position, (select place from guard_p where name = subject)
$$;
comment on function analysis.gate_checks(text, bigint, bigint, integer[], double precision, double precision, double precision, text[], integer[]) is
    'What must hold for a version to replace the one in production, a row for each check, as passed, failed or not shown. accuracy: it is at least the minimum. production, and best, the most accurate version that was ever in production, on the same test samples: it loses less than the margin (analysis.noninferiority, at the level, two-sided). guard: it is not significantly worse than production on the test samples of a label, class or category (label=4, class=four, category=tilted; McNemar''s exact test, adjusted for their number by Holm). must pass: it classifies all of these samples, named by index, correctly. accuracy_before is that of the version compared with. production_missed has the indices of what production misses, where it was tested on other samples than the version and was tested again; null where its own test says it.';


create or replace function analysis.gate(
    of_model           text,
    of_version         bigint,
    production         bigint,
    production_missed  integer[],
    margin             double precision,
    level              double precision,
    minimum_accuracy   double precision,
    guards             text[],
    must_pass          integer[],
    out outcome        text,
    out reason         text
)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select case
               when bool_or(found.outcome = 'failed') then 'held back'
               when bool_or(found.outcome = 'not shown') then 'not shown'
               else 'promoted'
           end,
           coalesce(string_agg(found.reason, '; ' order by found.outcome, found.position)
                        filter (where found.outcome <> 'passed'),
                    string_agg(found.reason, '; ' order by found.position),
                    'there is nothing in production to compare with')
      from analysis.gate_checks(of_model, of_version, production, production_missed, margin, level, minimum_accuracy, guards,
                                must_pass)
           with ordinality as found (check_name, subject, outcome, samples, broken, mended, loss, loss_lower, loss_upper,
                                     more_samples, adjusted_p, accuracy_before, reason, position)
$$;
comment on function analysis.gate(text, bigint, bigint, integer[], double precision, double precision, double precision, text[], integer[]) is
    'What the checks of analysis.gate_checks come to: promoted when all passed, held back when one failed, else not shown; and why.';


create or replace view analysis.retraining as
select model.name as model,
       retraining.run_id as run,
       version.number as version,
       retraining.production_number as production_version,
       retraining.requested_at,
       retraining.finished_at,
       retraining.outcome,
       retraining.reason
  from registry.retraining
  join registry.model using (model_id)
  left join registry.model_version as version
         on version.run_id = retraining.run_id;
comment on view analysis.retraining is 'Trainings that were to replace a version in production, and what they led to.';
comment on column analysis.retraining.model is 'The model.';
comment on column analysis.retraining.run is 'The training.';
comment on column analysis.retraining.version is 'The version that it became; null when none.';
comment on column analysis.retraining.production_version is 'The version that was in production before.';
comment on column analysis.retraining.requested_at is 'When it was asked for.';
comment on column analysis.retraining.finished_at is 'When it was decided; null while it is trained.';
comment on column analysis.retraining.outcome is 'promoted, held back (a check failed), not shown (a check could not be decided: nothing changes) or failed (no version came of it).';
comment on column analysis.retraining.reason is 'Why.';


create or replace view analysis.schedule as
select schedule.name,
       schedule.cron,
       array_to_string(schedule.command, ' ') as command,
       schedule.missed,
       schedule.next_due_at,
       last.due_at as last_due_at,
       last.started_at as last_started_at,
       last.finished_at as last_finished_at,
       last.exit_status as last_exit_status,
       last.output as last_output,
       schedule.command as words
  from registry.schedule
  left join lateral (select *
                       from registry.schedule_execution as execution
                      where execution.name = schedule.name
                      order by execution.due_at desc
                      limit 1) as last
         on true;
comment on view analysis.schedule is 'Commands that daemons execute at certain times, and how the last execution ended.';
comment on column analysis.schedule.name is 'Its name.';
comment on column analysis.schedule.cron is 'Minute, hour, day, month and weekday, in UTC.';
comment on column analysis.schedule.command is 'What is executed.';
comment on column analysis.schedule.missed is 'once or skip: what becomes of times at which no daemon ran.';
comment on column analysis.schedule.next_due_at is 'When it is executed next.';
comment on column analysis.schedule.last_due_at is 'The last time that was executed.';
comment on column analysis.schedule.last_started_at is 'When that began.';
comment on column analysis.schedule.last_finished_at is 'When that ended.';
comment on column analysis.schedule.last_exit_status is 'How that ended; 0 is success.';
comment on column analysis.schedule.last_output is 'The last of what it printed.';
comment on column analysis.schedule.words is 'The words of the command.';


create or replace view analysis.schedule_execution as
select name,
       due_at,
       worker,
       started_at,
       finished_at,
       extract(epoch from finished_at - started_at)::double precision as seconds,
       exit_status,
       output
  from registry.schedule_execution;
comment on view analysis.schedule_execution is 'Every execution of each schedule that is kept.';
comment on column analysis.schedule_execution.name is 'Name of the schedule.';
comment on column analysis.schedule_execution.due_at is 'The time that was executed.';
comment on column analysis.schedule_execution.worker is 'The daemon that executed it.';
comment on column analysis.schedule_execution.started_at is 'When it began.';
comment on column analysis.schedule_execution.finished_at is 'When it ended; null while it is executed.';
comment on column analysis.schedule_execution.seconds is 'Wall time.';
comment on column analysis.schedule_execution.exit_status is 'How it ended; 0 is success.';
comment on column analysis.schedule_execution.output is 'The last of what it printed.';
