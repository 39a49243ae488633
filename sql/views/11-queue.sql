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
