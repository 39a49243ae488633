create or replace function registry.retry_pause(attempts integer) returns interval
    language sql
    set search_path = pg_catalog, pg_temp
    volatile
as $$
    select (0.5 + random()) * least(power(2, attempts - 1), 300) * interval '1 second'
$$;
comment on function registry.retry_pause(integer) is
    'How long a run waits after so many attempts that failed: 1, 2, 4, … seconds, at most 5 minutes, give or take a half.';


create or replace function registry.claim_run(
    of_worker           text,
    of_host             text,
    of_processor        text,
    of_threads          integer,
    of_program_version  text,
    of_run              bigint default null
)
    returns setof registry.run
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    taken registry.run;
    is_own boolean;
begin
    loop
        -- First what a trainer that vanished has left: there is no other rescuer. A worker that has a run and asks for
        -- one has not learned that it was given it.
        select *
          into taken
          from registry.run
         where run.state = 'running'
           and (run.lease_expires_at < now() or run.worker = of_worker)
           and (of_run is null or run.run_id = of_run)
         order by run.lease_expires_at
         limit 1
           for update skip locked;
        is_own := coalesce(taken.worker = of_worker and taken.lease_expires_at >= now(), false);
        if taken.run_id is not null then
            update registry.run_attempt
               set outcome = 'lost',
                   ended_at = now(),
                   error = case
                               when is_own then 'The answer to the claim was lost.'
                               else 'The trainer did not renew its lease.'
                           end
             where run_attempt.run_id = taken.run_id
               and run_attempt.fence = taken.fence;
        elsif of_run is null then
            select *
              into taken
              from registry.run
             where run.state = 'queued'
               and run.available_at <= now()
             order by run.available_at, run.run_id
             limit 1
               for update skip locked;
        else
            select *
              into taken
              from registry.run
             where run.run_id = of_run
               and run.state = 'queued'
               for update skip locked;
        end if;
        if taken.run_id is null then
            return;
        end if;
        if taken.cancel_requested or (taken.attempts >= taken.maximum_attempts and not is_own) then
            update registry.run
               set state = case when taken.cancel_requested then 'cancelled' else 'failed' end,
                   failure = case
                                 when taken.state = 'queued' then coalesce(run.failure, 'No attempt is left.')
                                 when not taken.cancel_requested then
                                     format('The trainer vanished in the last of %s attempts.', taken.attempts)
                             end,
                   lease_expires_at = null,
                   finished_at = now()
             where run.run_id = taken.run_id;
            continue;
        end if;

        return query
        update registry.run
           set state = 'running',
               attempts = run.attempts + case when is_own then 0 else 1 end,
               fence = run.fence + 1,
               lease_expires_at = now() + interval '30 seconds',
               started_at = coalesce(run.started_at, now()),
               worker = of_worker,
               host = of_host,
               processor = of_processor,
               threads = of_threads,
               program_version = of_program_version
         where run.run_id = taken.run_id
        returning *;
        insert into registry.run_attempt (run_id, fence, worker)
        values (taken.run_id, taken.fence + 1, of_worker);
        return;
    end loop;
end
$$;
comment on function registry.claim_run(text, text, text, integer, text, bigint) is
    'Gives a run to a worker: one whose lease has run out, else the first of the queue, or only a certain one. Raises its fencing number, so that whoever had it before can write no more. No row when there is none. Asking again after an answer was lost gives the same run.';


create or replace view analysis.job as
select run.run_id as run,
       model.name as model,
       dataset.name as dataset,
       dataset.version as dataset_version,
       run.state,
       run.epochs_finished,
       run.epochs,
       run.attempts,
       run.maximum_attempts,
       run.worker,
       run.lease_expires_at,
       run.state = 'running' and run.lease_expires_at < now() as is_abandoned,
       run.cancel_requested,
       run.available_at,
       run.queued_at,
       run.failure
  from registry.run
  join registry.model using (model_id)
  join registry.dataset using (dataset_id)
 where run.state in ('queued', 'running');
comment on view analysis.job is 'The runs that wait or are being trained.';
comment on column analysis.job.run is 'Number of the run.';
comment on column analysis.job.model is 'The model it trains.';
comment on column analysis.job.dataset is 'Name of the data set.';
comment on column analysis.job.dataset_version is 'Version of the data set.';
comment on column analysis.job.state is 'queued or running.';
comment on column analysis.job.epochs_finished is 'Epochs whose metrics are stored.';
comment on column analysis.job.epochs is 'Epochs asked for.';
comment on column analysis.job.attempts is 'How often it was claimed since its last stored epoch.';
comment on column analysis.job.maximum_attempts is 'After so many attempts that store no epoch, it is given up.';
comment on column analysis.job.worker is 'Who claimed it last.';
comment on column analysis.job.lease_expires_at is 'Until then its trainer has to renew the lease.';
comment on column analysis.job.is_abandoned is 'Whether the lease has run out: the next free worker takes it over.';
comment on column analysis.job.cancel_requested is 'Whether its trainer has been asked to stop.';
comment on column analysis.job.available_at is 'A queued run is not taken before then.';
comment on column analysis.job.queued_at is 'When the run was asked for.';
comment on column analysis.job.failure is 'Why the last attempt failed.';


create or replace view analysis.attempt as
select model.name as model,
       attempt.run_id as run,
       attempt.fence,
       attempt.worker,
       attempt.started_at,
       attempt.ended_at,
       attempt.outcome,
       attempt.error
  from registry.run_attempt as attempt
  join registry.run using (run_id)
  join registry.model using (model_id);
comment on view analysis.attempt is 'Every claim of a run, and how it ended.';
comment on column analysis.attempt.model is 'The model.';
comment on column analysis.attempt.run is 'Number of the run.';
comment on column analysis.attempt.fence is 'Counts the claims of the run.';
comment on column analysis.attempt.worker is 'Host, process and worker that claimed it.';
comment on column analysis.attempt.started_at is 'When it was claimed.';
comment on column analysis.attempt.ended_at is 'When it ended; null while it runs.';
comment on column analysis.attempt.outcome is 'succeeded, failed, cancelled, diverged, released or lost.';
comment on column analysis.attempt.error is 'Why it failed.';


create or replace view analysis.queue as
select count(*) filter (where state = 'queued') as queued,
       count(*) filter (where state = 'queued' and available_at > now()) as delayed,
       count(*) filter (where state = 'running') as running,
       count(*) filter (where state = 'running' and lease_expires_at < now()) as abandoned,
       coalesce(extract(epoch from now() - min(available_at) filter (where state = 'queued' and available_at <= now())),
                0)::double precision as oldest_wait_seconds
  from registry.run
 where state in ('queued', 'running');
comment on view analysis.queue is 'The length of the queue; always one row.';
comment on column analysis.queue.queued is 'Runs that wait.';
comment on column analysis.queue.delayed is 'Those of them that are not to be taken yet, because an attempt failed.';
comment on column analysis.queue.running is 'Runs that are being trained.';
comment on column analysis.queue.abandoned is 'Those of them whose lease has run out.';
comment on column analysis.queue.oldest_wait_seconds is 'How long the first of the queue has been waiting.';
