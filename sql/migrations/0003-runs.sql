-- Models, architectures, and trainings: what was asked for, who executes it, and where an interrupted run resumes.

create table registry.model (
    model_id             bigint      not null generated always as identity,
    name                 text        not null,
    last_version_number  integer     not null default 0,
    created_at           timestamptz not null default now(),
    constraint model_pkey primary key (model_id),
    constraint model_name_key unique (name),
    constraint model_name_check check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint model_last_version_number_check check (last_version_number >= 0)
);
comment on table registry.model is 'A named line of model versions, e.g. mlp.';
comment on column registry.model.model_id is 'Surrogate key.';
comment on column registry.model.name is 'Name used on the command line.';
comment on column registry.model.last_version_number is
    'Number given to the newest version. Its row lock puts registrations in order, so numbers have no gaps.';
comment on column registry.model.created_at is 'When the name was first used.';

create trigger model_version_step_check
    before update of last_version_number on registry.model
    for each row
    when (new.last_version_number - old.last_version_number not in (0, 1))
    execute function registry.refuse_change('model_version_step_check');
comment on trigger model_version_step_check on registry.model is
    'Versions are numbered without gaps: the number rises by 1.';


create table registry.architecture (
    architecture_id  integer not null generated always as identity,
    fingerprint      bytea   not null,
    definition       jsonb   not null,
    constraint architecture_pkey primary key (architecture_id),
    constraint architecture_fingerprint_key unique (fingerprint),
    constraint architecture_fingerprint_check check (fingerprint = sha256(convert_to(definition::text, 'UTF8')))
);
comment on table registry.architecture is
    'What networks are without their weights and names: input and layers. Networks with the same layers are one architecture, whatever they are called. Filled by a trigger; never updated.';
comment on column registry.architecture.architecture_id is 'Surrogate key.';
comment on column registry.architecture.fingerprint is 'SHA-256 of the definition.';
comment on column registry.architecture.definition is 'configuration''s architecture without its name.';


create table registry.run (
    run_id            bigint           not null generated always as identity,
    model_id          bigint           not null,
    dataset_id        bigint           not null,
    architecture_id   integer          not null,
    configuration     jsonb            not null,
    producer          text             generated always as (configuration #>> '{architecture,producer}') stored,
    origin            text             not null
        generated always as (case
                                 when configuration #>> '{architecture,producer}' is not null then 'outside'
                                 when configuration -> 'source' is not null then 'imported'
                                 else 'trained'
                             end) stored,
    parameter_count   bigint,
    multiply_adds     bigint,
    epochs            integer          not null,
    state             text             not null default 'queued',
    epochs_finished   integer          not null default 0,
    attempts          integer          not null default 0,
    maximum_attempts  integer          not null default 5,
    fence             bigint           not null default 0,
    available_at      timestamptz      not null default now(),
    cancel_requested  boolean          not null default false,
    lease_expires_at  timestamptz,
    worker            text,
    queued_at         timestamptz      not null default now(),
    started_at        timestamptz,
    finished_at       timestamptz,
    host              text,
    processor         text,
    threads           integer,
    program_version   text,
    failure           text,
    constraint run_pkey primary key (run_id),
    constraint run_model_id_fkey foreign key (model_id) references registry.model,
    constraint run_dataset_id_fkey foreign key (dataset_id) references registry.dataset,
    constraint run_architecture_id_fkey foreign key (architecture_id) references registry.architecture,
    constraint run_configuration_check check (jsonb_typeof(configuration) = 'object'),
    constraint run_producer_check check (producer = btrim(producer) and producer ~ '^[^[:cntrl:]]{1,200}$'),
    constraint run_origin_state_check check (origin = 'trained' or state = 'succeeded' and epochs = 1),
    constraint run_parameter_count_check check (parameter_count >= 0),
    constraint run_parameter_count_producer_check check ((parameter_count is null) = (producer is not null)),
    constraint run_multiply_adds_check check (multiply_adds >= 0),
    constraint run_multiply_adds_producer_check check (multiply_adds is null or producer is null),
    constraint run_epochs_check check (epochs > 0),
    constraint run_epochs_finished_check check (epochs_finished between 0 and epochs),
    constraint run_state_check
        check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'diverged')),
    constraint run_attempts_check check (attempts between 0 and maximum_attempts),
    constraint run_lease_check check ((state = 'running') = (lease_expires_at is not null)),
    constraint run_finished_at_check
        check ((state in ('succeeded', 'failed', 'cancelled', 'diverged')) = (finished_at is not null)),
    constraint run_failure_check check (state <> 'failed' or failure is not null)
);
create index run_model_id_index on registry.run (model_id, run_id desc);
create index run_dataset_id_index on registry.run (dataset_id);
create index run_architecture_id_index on registry.run (architecture_id);
create index run_unfinished_index on registry.run (state, available_at, run_id) where state in ('queued', 'running');
comment on index registry.run_unfinished_index is
    'The queue in its order, and the runs that are being trained, without reading those that have ended.';
comment on constraint run_origin_state_check on registry.run is 'What was imported is nothing to train.';
comment on constraint run_parameter_count_producer_check on registry.run is 'Of what made imported predictions nothing is known.';
comment on table registry.run is
    'One training: its whole configuration, its state, and who executes it. Or one import, of a network that was trained elsewhere or of predictions alone, with a single epoch.';
comment on column registry.run.run_id is 'Surrogate key; the number shown to users.';
comment on column registry.run.model_id is 'The model that this run trains.';
comment on column registry.run.dataset_id is 'The data set it learns and is tested on.';
comment on column registry.run.architecture_id is 'The architecture of configuration; filled by a trigger.';
comment on column registry.run.configuration is
    'All that determines the result: architecture, optimiser, schedule, batch, seed, standardisation; with parent, the version whose weights it started from. Of an imported network architecture, training.standardization and source, the file; of imported predictions {"architecture": {"producer": …}}.';
comment on column registry.run.producer is
    'Who made the predictions that were imported: architecture.producer of configuration; null for a network.';
comment on column registry.run.origin is
    'trained here; imported, a network with its weights; or outside, predictions alone.';
comment on column registry.run.parameter_count is 'Trainable numbers of the architecture; null exactly where there is a producer.';
comment on column registry.run.multiply_adds is 'Multiplications with addition for one sample, forward; null where not known.';
comment on column registry.run.epochs is 'Epochs asked for.';
comment on column registry.run.state is 'queued → running → succeeded, failed, cancelled or diverged.';
comment on column registry.run.epochs_finished is 'Epochs whose metrics are stored.';
comment on column registry.run.attempts is
    'Times the run was claimed since its last stored epoch: what makes progress is no poison.';
comment on column registry.run.maximum_attempts is 'Claims allowed before the run counts as failed.';
comment on column registry.run.fence is
    'Fencing number: raised at every claim; a trainer that holds an older one can write nothing.';
comment on column registry.run.available_at is 'A queued run is not taken before then.';
comment on column registry.run.cancel_requested is 'Whether its trainer has been asked to stop.';
comment on column registry.run.lease_expires_at is 'Until then the run belongs to its worker; null unless running.';
comment on column registry.run.worker is 'The process that claimed the run last: host and process id.';
comment on column registry.run.queued_at is 'When the run was asked for.';
comment on column registry.run.started_at is 'When it was first claimed.';
comment on column registry.run.finished_at is 'When it reached its last state.';
comment on column registry.run.host is 'Name of the machine that trained.';
comment on column registry.run.processor is 'Model name of its processor.';
comment on column registry.run.threads is 'Worker threads used; they do not change the result.';
comment on column registry.run.program_version is 'Version of the program that trained.';
comment on column registry.run.failure is 'Why the run failed or diverged, in one line.';

create function registry.keep_architecture() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.architecture_id := registry.architecture_of(new.configuration);
    return new;
end
$$;
comment on function registry.keep_architecture() is 'Fills architecture_id of a run from its configuration.';

create trigger run_keep_architecture
    before insert on registry.run
    for each row execute function registry.keep_architecture();
comment on trigger run_keep_architecture on registry.run is 'Keeps registry.architecture.';

create trigger run_change_check
    before update of model_id, dataset_id, architecture_id, configuration on registry.run
    for each row
    when (row(old.model_id, old.dataset_id, old.architecture_id, old.configuration -> 'architecture',
              old.configuration -> 'source')
          is distinct from
          row(new.model_id, new.dataset_id, new.architecture_id, new.configuration -> 'architecture',
              new.configuration -> 'source'))
    execute function registry.refuse_change('run_change_check');
comment on trigger run_change_check on registry.run is
    'Model versions are counted by model, architecture, test split and origin of their run.';

create trigger run_final_state_check
    before update of state on registry.run
    for each row
    when (old.state in ('succeeded', 'diverged') and new.state <> old.state)
    execute function registry.refuse_change('run_final_state_check');
comment on trigger run_final_state_check on registry.run is
    'A run that has become a version, or diverged, is never trained again.';

create trigger run_fence_check
    before update of fence on registry.run
    for each row
    when (new.fence < old.fence)
    execute function registry.refuse_change('run_fence_check');
comment on trigger run_fence_check on registry.run is
    'Never lowered: a trainer that lost its run could write again.';


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
    constraint checkpoint_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint checkpoint_size_check check (size >= 0)
);
comment on table registry.checkpoint is
    'What a run resumes from when its trainer is gone: weights and optimiser''s memory after the last stored epoch. Kept until the run has succeeded or diverged.';
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
