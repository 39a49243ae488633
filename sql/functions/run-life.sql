-- The life of a run: every statement that changes the state of registry.run, and nothing else.
--
--                claim_run                succeed_run
--   queued  ───────────────────▶  running  ─────────────▶  succeeded
--     ▲  ▲                         │  │ │    end_attempt
--     │  │       end_attempt       │  │ └────────────────▶  diverged
--     │  └─────────────────────────┘  │      end_attempt, claim_run
--     │    released, or failed with   ├──────────────────▶  failed     ─┐
--     │    attempts left              │                                 │
--     │                               │      end_attempt, cancel_run    │
--     │                               └──────────────────▶  cancelled  ─┤
--     │                                                        ▲        │ requeue_run
--     ├────────────────────────────────────────────────────────┼────────┘
--     └────────────────────────────────────────────────────────┘ cancel_run
--
-- A running run whose lease has expired is abandoned. claim_run gives it to the next worker, or ends it as failed when no
-- attempt is left; cancel_run and requeue_run treat it as one that nobody trains.
--
-- A run belongs to whoever holds its fencing number. A claim raises it, so every statement of a trainer names run and
-- fence, and changes nothing where another has claimed the run since. Each may be repeated after an answer was lost: a
-- second call finds what the first has done. Only the database's clock decides.

create or replace function registry.lease_duration() returns interval
    language sql
    immutable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select interval '30 seconds'
$$;
comment on function registry.lease_duration() is
    'How long a run belongs to its trainer without a word from it: claim, renewal and each stored epoch begin it again.';


create or replace function registry.retry_pause(attempts integer) returns interval
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    select (0.5 + random()) * least(power(2, attempts - 1), 300) * interval '1 second'
$$;
comment on function registry.retry_pause(integer) is
    'How long a run waits after so many attempts that failed: 1, 2, 4, … seconds, at most 5 minutes, give or take a half.';


create or replace function registry.end_lost_attempt(of_run bigint, of_error text) returns void
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    update registry.run_attempt
       set outcome = 'lost',
           ended_at = now(),
           error = of_error
     where run_id = of_run
       and outcome is null
$$;
comment on function registry.end_lost_attempt(bigint, text) is
    'Closes the attempt of a trainer that has vanished, if there is one.';


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
            perform registry.end_lost_attempt(
                taken.run_id,
                case
                    when is_own then 'The answer to the claim was lost.'
                    else 'The trainer did not renew its lease.'
                end);
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
        if taken.cancel_requested or (taken.attempts >= least(taken.maximum_attempts, 100) and not is_own) then
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
               lease_expires_at = now() + registry.lease_duration(),
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
    'Gives a run to a worker: one whose lease has run out, else the first of the queue, or only a certain one. Raises its fencing number, so that a former holder can no longer write. No row when there is none. Asking again after an answer was lost gives the same run.';


create or replace function registry.renew_lease(of_run bigint, of_fence bigint, out cancel_requested boolean)
    returns setof boolean
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    update registry.run
       set lease_expires_at = clock_timestamp() + registry.lease_duration()
     where run_id = of_run
       and fence = of_fence
       and state = 'running'
    returning run.cancel_requested
$$;
comment on function registry.renew_lease(bigint, bigint) is
    'Keeps a lease. Returns whether the trainer has been asked to stop; no row when the lease is lost.';


create or replace function registry.advance_run(of_run bigint, of_fence bigint, of_epoch integer) returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update registry.run
       set epochs_finished = of_epoch,
           attempts = 1,
           lease_expires_at = now() + registry.lease_duration()
     where run_id = of_run
       and fence = of_fence
       and state = 'running'
       and epochs_finished = of_epoch - 1;
    if found then
        return 'advanced';
    end if;
    perform
       from registry.run
      where run_id = of_run
        and fence = of_fence
        and epochs_finished = of_epoch
        and state in ('running', 'diverged');
    return case when found then 'stored' else 'lost' end;
end
$$;
comment on function registry.advance_run(bigint, bigint, integer) is
    'Begins the transaction that stores an epoch: its rows follow before the commit. Returns advanced; stored where an earlier call has stored it; lost where the lease is.';


create or replace function registry.start_over(of_run bigint, of_fence bigint) returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update registry.run
       set epochs_finished = 0
     where run_id = of_run
       and fence = of_fence
       and state = 'running';
    if not found then
        return false;
    end if;
    delete from registry.step_loss where run_id = of_run;
    delete from registry.epoch_metric where run_id = of_run;
    return true;
end
$$;
comment on function registry.start_over(bigint, bigint) is
    'Forgets the epochs of a run that has no checkpoint to resume from; trainers may delete no others. False where the lease is lost.';


create or replace function registry.end_attempt(
    of_run      bigint,
    of_fence    bigint,
    of_outcome  text,
    of_error    text,
    is_retried  boolean
)
    returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update registry.run
       set state = ended.state,
           failure = of_error,
           attempts = case of_outcome when 'released' then greatest(attempts - 1, 0) else attempts end,
           available_at = now() + case of_outcome
                                      when 'released' then interval '0'
                                      else registry.retry_pause(attempts)
                                  end,
           lease_expires_at = null,
           finished_at = case when ended.state <> 'queued' then now() end
      from (select case
                       when of_outcome <> 'released'
                            and not (of_outcome = 'failed' and is_retried and attempts < least(maximum_attempts, 100))
                           then of_outcome
                       when cancel_requested then 'cancelled'
                       else 'queued'
                   end as state
              from registry.run
             where run_id = of_run) as ended
     where run_id = of_run
       and fence = of_fence
       and run.state = 'running';
    if not found then
        return exists (select
                         from registry.run_attempt
                        where run_id = of_run
                          and fence = of_fence
                          and outcome = of_outcome);
    end if;
    update registry.run_attempt
       set outcome = of_outcome,
           ended_at = now(),
           error = of_error
     where run_id = of_run
       and fence = of_fence;
    return true;
end
$$;
comment on function registry.end_attempt(bigint, bigint, text, text, boolean) is
    'Ends an attempt as cancelled, failed, diverged or released, without a model version. A failed one is queued again after a pause where it is retried and attempts are left. False where the lease is lost.';


create or replace function registry.succeed_run(
    of_run        bigint,
    of_fence      bigint,
    out model_id  bigint,
    out epoch     integer
)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    update registry.run
       set state = 'succeeded',
           failure = null,
           lease_expires_at = null,
           finished_at = now()
     where run_id = of_run
       and fence = of_fence
       and state = 'running'
    returning run.model_id, run.epochs_finished
         into model_id, epoch;
    if not found then
        return;
    end if;
    update registry.run_attempt
       set outcome = 'succeeded',
           ended_at = now()
     where run_id = of_run
       and fence = of_fence;
    delete from registry.checkpoint where run_id = of_run;
    return next;
end
$$;
comment on function registry.succeed_run(bigint, bigint) is
    'Ends a run whose weights become the model''s next version in the same transaction. No row where the run has ended or the lease is lost.';


create or replace function registry.cancel_run(of_run bigint, out was text, out is_now text)
    returns setof record
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    select case when state = 'running' and lease_expires_at < now() then 'abandoned' else state end
      into was
      from registry.run
     where run_id = of_run
       for update;
    if not found then
        return;
    end if;
    is_now := was;
    if was in ('queued', 'abandoned') then
        perform registry.end_lost_attempt(of_run, 'The trainer did not renew its lease.');
        is_now := 'cancelled';
        update registry.run
           set state = 'cancelled',
               lease_expires_at = null,
               finished_at = now()
         where run_id = of_run;
    elsif was = 'running' then
        update registry.run set cancel_requested = true where run_id = of_run;
    end if;
    return next;
end
$$;
comment on function registry.cancel_run(bigint) is
    'Takes a run from the queue, or asks its trainer to stop; one whose lease has expired ends at once. Returns its state before (abandoned for an expired lease) and now; no row for an unknown run. A run that has ended is left as it is.';


create or replace function registry.requeue_run(of_run bigint, out was text)
    returns setof text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    select case when state = 'running' and lease_expires_at < now() then 'abandoned' else state end
      into was
      from registry.run
     where run_id = of_run
       for update;
    if not found then
        return;
    end if;
    if was in ('failed', 'cancelled', 'abandoned') then
        perform registry.end_lost_attempt(of_run, 'The trainer did not renew its lease.');
        update registry.run
           set state = 'queued',
               attempts = 0,
               cancel_requested = false,
               available_at = now(),
               lease_expires_at = null,
               finished_at = null
         where run_id = of_run;
        perform pg_notify('registry_queue', '');
    end if;
    return next;
end
$$;
comment on function registry.requeue_run(bigint) is
    'Queues a run again that failed, was cancelled or lost its trainer; it resumes after its last stored epoch. Returns its state before; nothing is changed in any other state.';
