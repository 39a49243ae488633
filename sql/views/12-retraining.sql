create or replace function analysis.gate(
    only_old_correct  bigint,
    only_new_correct  bigint,
    new_accuracy      double precision,
    level             double precision,
    minimum_accuracy  double precision,
    out passes        boolean,
    out p             double precision,
    out reason        text
)
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    parallel safe
as $$
    select not is_worse and not is_too_low,
           exact_p,
           case
               when is_too_low then
                   format('accuracy %s is below the minimum of %s', to_char(new_accuracy, 'FM0.0000'), minimum_accuracy)
               when is_worse then format('significantly worse: p is below %s', level)
               else format('not significantly worse at the level %s', level)
           end
      from (select mcnemar.exact_p,
                   only_new_correct < only_old_correct and mcnemar.exact_p < level as is_worse,
                   new_accuracy < minimum_accuracy as is_too_low
              from analysis.mcnemar(only_old_correct, only_new_correct) as mcnemar) as judged
$$;
comment on function analysis.gate(bigint, bigint, double precision, double precision, double precision) is
    'Whether a new version may replace the old one: it is not significantly worse by McNemar''s exact test on the same test samples, and at least as accurate as asked for.';


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
comment on column analysis.retraining.outcome is 'promoted, held back or failed.';
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
