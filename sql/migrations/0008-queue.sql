-- Runs that wait for a trainer, what became of each attempt, and where an interrupted run goes on.

alter table registry.run
  add column available_at timestamptz not null default now(),
  add column cancel_requested boolean not null default false;
comment on column registry.run.available_at is 'A queued run is not taken before then.';
comment on column registry.run.attempts is
    'Times the run was claimed since its last stored epoch: what makes progress is no poison.';
comment on column registry.run.cancel_requested is 'Whether its trainer has been asked to stop.';

drop index registry.run_waiting_index;
create index run_unfinished_index on registry.run (state, available_at, run_id) where state in ('queued', 'running');
comment on index registry.run_unfinished_index is
    'The queue in its order, and the runs that are being trained, without reading those that have ended.';


create table registry.run_attempt (
    run_id      bigint      not null,
    fence       bigint      not null,
    worker      text        not null,
    started_at  timestamptz not null default now(),
    ended_at    timestamptz,
    outcome     text,
    error       text,
    constraint run_attempt_pkey primary key (run_id, fence),
    constraint run_attempt_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint run_attempt_outcome_check
        check (outcome in ('succeeded', 'failed', 'cancelled', 'diverged', 'released', 'lost')),
    constraint run_attempt_ended_at_check check ((outcome is null) = (ended_at is null))
);
comment on table registry.run_attempt is 'Every claim of a run, and how it ended.';
comment on column registry.run_attempt.run_id is 'The run.';
comment on column registry.run_attempt.fence is 'The fencing number that the claim was given; greater than that of any claim before.';
comment on column registry.run_attempt.worker is 'Host, process and worker that claimed it.';
comment on column registry.run_attempt.started_at is 'When it was claimed.';
comment on column registry.run_attempt.ended_at is 'When the attempt ended, or was found to be over; null while it runs.';
comment on column registry.run_attempt.outcome is
    'succeeded, failed, cancelled, diverged, released (given back by a trainer that had to stop) or lost (the lease ran out).';
comment on column registry.run_attempt.error is 'Why it failed.';


create table registry.checkpoint (
    run_id    bigint  not null,
    epoch     integer not null,
    sha256    text    not null,
    size      bigint  not null,
    constraint checkpoint_pkey primary key (run_id),
    constraint checkpoint_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint checkpoint_epoch_check check (epoch > 0),
    constraint checkpoint_sha256_check check (sha256 ~ '^[0-9a-f]{64}$')
);
comment on table registry.checkpoint is
    'What a run goes on from when its trainer is gone: weights and optimiser''s memory after the last stored epoch. Kept until the run has succeeded or diverged.';
comment on column registry.checkpoint.run_id is 'The run.';
comment on column registry.checkpoint.epoch is 'The last epoch that it contains.';
comment on column registry.checkpoint.sha256 is 'SHA-256 of the content, in hexadecimal.';
comment on column registry.checkpoint.size is 'Bytes of the content.';

create table registry.checkpoint_chunk (
    run_id  bigint  not null,
    index   integer not null,
    bytes   bytea   not null,
    constraint checkpoint_chunk_pkey primary key (run_id, index),
    constraint checkpoint_chunk_run_id_fkey foreign key (run_id) references registry.checkpoint on delete cascade,
    constraint checkpoint_chunk_index_check check (index >= 0)
);
alter table registry.checkpoint_chunk alter column bytes set storage external;
comment on table registry.checkpoint_chunk is 'The content of checkpoints, in safetensors form, in pieces.';
comment on column registry.checkpoint_chunk.run_id is 'The run.';
comment on column registry.checkpoint_chunk.index is 'Position of the piece, from 0.';
comment on column registry.checkpoint_chunk.bytes is 'The piece.';


alter table registry.epoch_metric
  add column fence bigint,
  add constraint epoch_metric_run_id_fence_fkey foreign key (run_id, fence) references registry.run_attempt;
comment on column registry.epoch_metric.fence is
    'The attempt that stored the epoch; null for epochs from before attempts were kept.';
