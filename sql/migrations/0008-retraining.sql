-- Nightly retrainings and what they led to; commands that daemons execute at certain times.

create table registry.retraining (
    retraining_id      bigint           not null generated always as identity,
    model_id           bigint           not null,
    run_id             bigint           not null,
    production_number  integer,
    requested_at       timestamptz      not null default now(),
    finished_at        timestamptz,
    outcome            text,
    reason             text,
    constraint retraining_pkey primary key (retraining_id),
    constraint retraining_run_id_key unique (run_id),
    constraint retraining_model_id_fkey foreign key (model_id) references registry.model,
    constraint retraining_run_id_fkey foreign key (run_id) references registry.run,
    constraint retraining_model_id_production_number_fkey
        foreign key (model_id, production_number) references registry.model_version,
    constraint retraining_outcome_check check (outcome in ('promoted', 'held back', 'failed')),
    constraint retraining_finished_at_check check ((outcome is null) = (finished_at is null))
);
create unique index retraining_unfinished_key on registry.retraining (model_id) where finished_at is null;
create index retraining_model_id_production_number_index on registry.retraining (model_id, production_number);
comment on index registry.retraining_unfinished_key is 'A model is retrained once at a time.';
comment on table registry.retraining is 'Trainings that are to replace a version in production. A model has one at a time.';
comment on column registry.retraining.retraining_id is 'Key.';
comment on column registry.retraining.model_id is 'The model.';
comment on column registry.retraining.run_id is 'The training.';
comment on column registry.retraining.production_number is 'The version that was in production; null while none was.';
comment on column registry.retraining.requested_at is 'When it was asked for.';
comment on column registry.retraining.finished_at is 'When it was decided.';
comment on column registry.retraining.outcome is 'promoted, held back (by the gate) or failed (no version came of it).';
comment on column registry.retraining.reason is 'Why.';


create table registry.schedule (
    name         text        not null,
    cron         text        not null,
    command      text[]      not null,
    missed       text        not null,
    next_due_at  timestamptz not null,
    created_at   timestamptz not null default now(),
    constraint schedule_pkey primary key (name),
    constraint schedule_name_check check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint schedule_command_check
        check (array_ndims(command) = 1 and cardinality(command) > 0 and array_position(command, null) is null),
    constraint schedule_missed_check check (missed in ('once', 'skip')),
    constraint schedule_next_due_at_check check (next_due_at > '2000-01-01 00:00:00+00')
);
create index schedule_next_due_at_index on registry.schedule (next_due_at);
comment on table registry.schedule is 'Commands that daemons execute at certain times.';
comment on column registry.schedule.name is 'Its name.';
comment on column registry.schedule.cron is 'Minute, hour, day, month and weekday, as in crontab(5), in UTC.';
comment on column registry.schedule.command is 'The words after registry.';
comment on column registry.schedule.missed is
    'What becomes of times at which no daemon ran: once makes up for all of them together, skip leaves them out.';
comment on column registry.schedule.next_due_at is
    'When it is executed next; infinity for a schedule that can''t be executed and was set aside. What is later than cron says, daemons bring forward.';
comment on column registry.schedule.created_at is 'When it was made.';

create table registry.schedule_execution (
    name         text        not null,
    due_at       timestamptz not null,
    worker       text        not null,
    started_at   timestamptz not null default now(),
    alive_at     timestamptz not null default now(),
    finished_at  timestamptz,
    exit_status  integer,
    output       text,
    constraint schedule_execution_pkey primary key (name, due_at),
    constraint schedule_execution_name_fkey foreign key (name) references registry.schedule on delete cascade,
    constraint schedule_execution_finished_at_check check ((exit_status is null) = (finished_at is null))
);
create index schedule_execution_worker_index on registry.schedule_execution (worker) where finished_at is null;
comment on table registry.schedule_execution is
    'Each due time that was executed; at most once, whatever happens to the daemon that does it.';
comment on column registry.schedule_execution.name is 'The schedule.';
comment on column registry.schedule_execution.due_at is 'The due time.';
comment on column registry.schedule_execution.worker is 'Host and process of the daemon.';
comment on column registry.schedule_execution.started_at is 'When it began.';
comment on column registry.schedule_execution.alive_at is
    'When its daemon last said that it goes on. While that is less than a minute ago, later due times of the schedule wait.';
comment on column registry.schedule_execution.finished_at is 'When the command ended; null while it runs, or when its daemon is gone.';
comment on column registry.schedule_execution.exit_status is 'How it ended.';
comment on column registry.schedule_execution.output is 'The last of what it printed.';
