-- Everything that is needed to judge a network after its training: the data set, the run and its metrics,
-- the misclassified samples, the weights.

create schema registry;
comment on schema registry is
    'Tables of the model registry. Written by the program; analysts read the views of schema analysis.';

create schema analysis;
comment on schema analysis is
    'Views for analysts: every figure that the program prints comes from here.';


create table registry.schema_migration (
    version     integer     not null,
    name        text        not null,
    checksum    text        not null,
    applied_at  timestamptz not null default now(),
    constraint schema_migration_pkey primary key (version),
    constraint schema_migration_version_check check (version > 0),
    constraint schema_migration_checksum_check check (checksum ~ '^[0-9a-f]{64}$')
);
comment on table registry.schema_migration is 'The numbered migrations that this database has seen.';
comment on column registry.schema_migration.version is 'Number of the migration.';
comment on column registry.schema_migration.name is 'Its file, sql/migrations/NAME.sql.';
comment on column registry.schema_migration.checksum is 'SHA-256 of the file, in hexadecimal.';
comment on column registry.schema_migration.applied_at is 'When it was applied.';

create table registry.schema_script (
    name        text        not null,
    checksum    text        not null,
    applied_at  timestamptz not null default now(),
    constraint schema_script_pkey primary key (name),
    constraint schema_script_checksum_check check (checksum ~ '^[0-9a-f]{64}$')
);
comment on table registry.schema_script is 'The views and roles, which are created anew when their file has changed.';
comment on column registry.schema_script.name is 'The file, sql/NAME.sql.';
comment on column registry.schema_script.checksum is 'SHA-256 of the file, in hexadecimal.';
comment on column registry.schema_script.applied_at is 'When it was applied last.';


create table registry.dataset (
    dataset_id                   bigint           not null generated always as identity,
    name                         text             not null,
    version                      integer          not null,
    fingerprint                  text             not null,
    class_names                  text[]           not null,
    height                       integer          not null,
    width                        integer          not null,
    channels                     integer          not null,
    training_samples             integer          not null,
    test_samples                 integer          not null,
    training_mean                double precision not null,
    training_standard_deviation  double precision not null,
    source                       text             not null,
    licence                      text             not null,
    imported_at                  timestamptz      not null default now(),
    constraint dataset_pkey primary key (dataset_id),
    constraint dataset_name_version_key unique (name, version),
    constraint dataset_fingerprint_key unique (fingerprint),
    constraint dataset_name_check check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint dataset_version_check check (version > 0),
    constraint dataset_fingerprint_check check (fingerprint ~ '^[0-9a-f]{64}$'),
    constraint dataset_class_names_check check (cardinality(class_names) between 1 and 32767),
    constraint dataset_shape_check check (height > 0 and width > 0 and channels > 0),
    constraint dataset_samples_check check (training_samples > 0 and test_samples > 0)
);
comment on table registry.dataset is
    'A data set of labelled images. The same content is one data set; changed content under a name is a new version of it.';
comment on column registry.dataset.dataset_id is 'Surrogate key.';
comment on column registry.dataset.name is 'Name used on the command line, e.g. mnist.';
comment on column registry.dataset.version is 'Counts the contents imported under this name, from 1.';
comment on column registry.dataset.fingerprint is 'SHA-256 of the decoded content, in hexadecimal.';
comment on column registry.dataset.class_names is 'Names of the classes; label 0 is the first element.';
comment on column registry.dataset.height is 'Rows of an image, in pixels.';
comment on column registry.dataset.width is 'Columns of an image, in pixels.';
comment on column registry.dataset.channels is 'Values of a pixel; 1 for grey images.';
comment on column registry.dataset.training_samples is 'Samples in the training split.';
comment on column registry.dataset.test_samples is 'Samples in the test split.';
comment on column registry.dataset.training_mean is 'Mean of the training pixels, scaled to 0…1.';
comment on column registry.dataset.training_standard_deviation is
    'Population standard deviation of the training pixels, scaled to 0…1.';
comment on column registry.dataset.source is 'Where the content came from.';
comment on column registry.dataset.licence is 'Licence of the content.';
comment on column registry.dataset.imported_at is 'When the content was stored.';


create table registry.sample (
    sample_id   bigint   not null generated always as identity,
    dataset_id  bigint   not null,
    split       text     not null,
    index       integer  not null,
    label       smallint not null,
    pixels      bytea    not null,
    constraint sample_pkey primary key (sample_id),
    constraint sample_dataset_id_split_index_key unique (dataset_id, split, index) include (label),
    constraint sample_dataset_id_fkey foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint sample_split_check check (split in ('training', 'test')),
    constraint sample_index_check check (index >= 0),
    constraint sample_label_check check (label >= 0)
);
alter table registry.sample alter column pixels set storage external;
comment on table registry.sample is 'One labelled image of a data set.';
comment on column registry.sample.sample_id is 'Surrogate key.';
comment on column registry.sample.dataset_id is 'The data set.';
comment on column registry.sample.split is 'training or test.';
comment on column registry.sample.index is 'Position in its split, from 0, as in the source files.';
comment on column registry.sample.label is 'The class, from 0; class_names of the data set names it.';
comment on column registry.sample.pixels is 'Intensities 0…255: channels × height × width bytes, row by row.';


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


create table registry.run (
    run_id            bigint           not null generated always as identity,
    model_id          bigint           not null,
    dataset_id        bigint           not null,
    configuration     jsonb            not null,
    parameter_count   bigint           not null,
    epochs            integer          not null,
    state             text             not null default 'queued',
    epochs_finished   integer          not null default 0,
    attempts          integer          not null default 0,
    maximum_attempts  integer          not null default 5,
    fence             bigint           not null default 0,
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
    constraint run_configuration_check check (jsonb_typeof(configuration) = 'object'),
    constraint run_parameter_count_check check (parameter_count >= 0),
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
create index run_waiting_index on registry.run (run_id) where state in ('queued', 'running');
comment on table registry.run is 'One training: its whole configuration, its state, and who executes it.';
comment on index registry.run_waiting_index is 'Finds the runs that may be claimed without reading finished ones.';
comment on column registry.run.run_id is 'Surrogate key; the number shown to users.';
comment on column registry.run.model_id is 'The model that this run trains.';
comment on column registry.run.dataset_id is 'The data set it learns and is tested on.';
comment on column registry.run.configuration is
    'All that determines the result: architecture, optimiser, schedule, batch, seed, standardisation.';
comment on column registry.run.parameter_count is 'Trainable numbers of the architecture.';
comment on column registry.run.epochs is 'Epochs asked for.';
comment on column registry.run.state is 'queued → running → succeeded, failed, cancelled or diverged.';
comment on column registry.run.epochs_finished is 'Epochs whose metrics are stored.';
comment on column registry.run.attempts is 'Times the run was claimed.';
comment on column registry.run.maximum_attempts is 'Claims allowed before the run counts as failed.';
comment on column registry.run.fence is
    'Fencing number: raised at every claim; a trainer that holds an older one can write nothing.';
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


create table registry.epoch_metric (
    run_id            bigint           not null,
    epoch             integer          not null,
    learning_rate     double precision not null,
    training_loss     double precision not null,
    training_correct  integer          not null,
    training_samples  integer          not null,
    training_accuracy double precision not null
        generated always as (training_correct::double precision / training_samples) stored,
    training_seconds  double precision not null,
    test_loss         double precision not null,
    test_correct      integer          not null,
    test_samples      integer          not null,
    test_accuracy     double precision not null
        generated always as (test_correct::double precision / test_samples) stored,
    test_seconds      double precision not null,
    recorded_at       timestamptz      not null default now(),
    constraint epoch_metric_pkey primary key (run_id, epoch),
    constraint epoch_metric_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint epoch_metric_epoch_check check (epoch > 0),
    constraint epoch_metric_training_correct_check check (training_correct between 0 and training_samples),
    constraint epoch_metric_training_samples_check check (training_samples > 0),
    constraint epoch_metric_test_correct_check check (test_correct between 0 and test_samples),
    constraint epoch_metric_test_samples_check check (test_samples > 0)
);
comment on table registry.epoch_metric is 'What one epoch reached. Losses are mean cross-entropies in nats.';
comment on column registry.epoch_metric.run_id is 'The run.';
comment on column registry.epoch_metric.epoch is 'Counts from 1.';
comment on column registry.epoch_metric.learning_rate is 'Learning rate of this epoch.';
comment on column registry.epoch_metric.training_loss is
    'Mean loss over the training samples, each measured as its batch was learned, in nats; may be NaN or infinite.';
comment on column registry.epoch_metric.training_correct is 'Training samples classified rightly as they were learned.';
comment on column registry.epoch_metric.training_samples is 'Training samples seen in this epoch.';
comment on column registry.epoch_metric.training_accuracy is 'training_correct / training_samples.';
comment on column registry.epoch_metric.training_seconds is 'Wall time of the training pass.';
comment on column registry.epoch_metric.test_loss is
    'Mean loss over the test samples after the epoch, in nats; may be NaN or infinite.';
comment on column registry.epoch_metric.test_correct is 'Test samples classified rightly after the epoch.';
comment on column registry.epoch_metric.test_samples is 'Test samples.';
comment on column registry.epoch_metric.test_accuracy is 'test_correct / test_samples.';
comment on column registry.epoch_metric.test_seconds is 'Wall time of the test pass.';
comment on column registry.epoch_metric.recorded_at is 'When the epoch was stored.';


create table registry.step_loss (
    run_id        bigint           not null,
    samples_seen  bigint           not null,
    loss          double precision not null,
    constraint step_loss_pkey primary key (run_id, samples_seen),
    constraint step_loss_run_id_fkey foreign key (run_id) references registry.run on delete cascade,
    constraint step_loss_samples_seen_check check (samples_seen >= 0)
);
comment on table registry.step_loss is 'Training loss of every hundredth batch: the points of the loss curve.';
comment on column registry.step_loss.run_id is 'The run.';
comment on column registry.step_loss.samples_seen is
    'Training samples that the weights had learned from, over all epochs, when this loss was measured.';
comment on column registry.step_loss.loss is 'Mean loss of the batch, in nats; may be NaN or infinite.';


create table registry.misclassification (
    run_id         bigint   not null,
    sample_id      bigint   not null,
    epoch          integer  not null,
    predicted      smallint not null,
    confidence     real     not null,
    loss           real     not null,
    probabilities  real[]   not null,
    constraint misclassification_pkey primary key (run_id, epoch, sample_id),
    constraint misclassification_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade,
    constraint misclassification_sample_id_fkey foreign key (sample_id) references registry.sample,
    constraint misclassification_predicted_check check (predicted >= 0)
);
comment on table registry.misclassification is
    'Every test sample that a run classified wrongly after an epoch; rows = test_samples − test_correct of the epoch.';
comment on column registry.misclassification.run_id is 'The run.';
comment on column registry.misclassification.sample_id is 'The test sample.';
comment on column registry.misclassification.epoch is 'The epoch after which it was tested.';
comment on column registry.misclassification.predicted is 'The class predicted; never the label.';
comment on column registry.misclassification.confidence is 'Probability given to the predicted class.';
comment on column registry.misclassification.loss is 'Cross-entropy of the sample, in nats.';
comment on column registry.misclassification.probabilities is 'Probability of each class, class 0 first.';

create function registry.check_misclassification_count() returns trigger
    language plpgsql
as $$
declare
    stored bigint;
begin
    select count(*)
      into stored
      from registry.misclassification
     where run_id = new.run_id
       and epoch = new.epoch;
    if stored <> new.test_samples - new.test_correct then
        raise exception 'run %, epoch %: % misclassified samples stored, % expected',
                        new.run_id, new.epoch, stored, new.test_samples - new.test_correct
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'epoch_metric',
                    constraint = 'epoch_metric_misclassification_count_check';
    end if;
    return null;
end
$$;
comment on function registry.check_misclassification_count() is
    'Refuses the transaction of an epoch whose misclassified samples do not add up with its test_correct.';

create constraint trigger epoch_metric_misclassification_count_check
    after insert or update on registry.epoch_metric
    deferrable initially deferred
    for each row execute function registry.check_misclassification_count();
comment on trigger epoch_metric_misclassification_count_check on registry.epoch_metric is
    'Checked at commit: misclassified rows = test_samples − test_correct.';


create table registry.artifact (
    sha256      text        not null,
    size        bigint      not null,
    media_type  text        not null,
    stored_at   timestamptz not null default now(),
    constraint artifact_pkey primary key (sha256),
    constraint artifact_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint artifact_size_check check (size >= 0)
);
comment on table registry.artifact is 'A file kept in the database, named by its content.';
comment on column registry.artifact.sha256 is 'SHA-256 of the content, in hexadecimal.';
comment on column registry.artifact.size is 'Length of the content, in bytes.';
comment on column registry.artifact.media_type is 'What the content is, e.g. application/x-safetensors.';
comment on column registry.artifact.stored_at is 'When the content was stored.';

create table registry.artifact_chunk (
    sha256  text    not null,
    index   integer not null,
    bytes   bytea   not null,
    constraint artifact_chunk_pkey primary key (sha256, index),
    constraint artifact_chunk_sha256_fkey foreign key (sha256) references registry.artifact on delete cascade,
    constraint artifact_chunk_index_check check (index >= 0)
);
alter table registry.artifact_chunk alter column bytes set storage external;
comment on table registry.artifact_chunk is 'The content of an artifact, cut into pieces of at most 8 MiB.';
comment on column registry.artifact_chunk.sha256 is 'The artifact.';
comment on column registry.artifact_chunk.index is 'Position of the piece, from 0.';
comment on column registry.artifact_chunk.bytes is 'The piece.';


create table registry.model_version (
    model_id        bigint      not null,
    number          integer     not null,
    run_id          bigint      not null,
    epoch           integer     not null,
    weights_sha256  text        not null,
    registered_at   timestamptz not null default now(),
    constraint model_version_pkey primary key (model_id, number),
    constraint model_version_run_id_epoch_key unique (run_id, epoch),
    constraint model_version_model_id_fkey foreign key (model_id) references registry.model,
    constraint model_version_run_id_epoch_fkey foreign key (run_id, epoch) references registry.epoch_metric,
    constraint model_version_weights_sha256_fkey foreign key (weights_sha256) references registry.artifact,
    constraint model_version_number_check check (number > 0)
);
create index model_version_weights_sha256_index on registry.model_version (weights_sha256);
comment on table registry.model_version is 'A trained network that can be used: weights, and the run and epoch they come from.';
comment on column registry.model_version.model_id is 'The model.';
comment on column registry.model_version.number is 'Counts the versions of the model, from 1, without gaps.';
comment on column registry.model_version.run_id is 'The run that trained it.';
comment on column registry.model_version.epoch is 'The epoch of that run whose weights these are.';
comment on column registry.model_version.weights_sha256 is 'The weights, in safetensors form.';
comment on column registry.model_version.registered_at is 'When the version was registered.';


create table registry.model_alias (
    model_id  bigint      not null,
    alias     text        not null,
    number    integer     not null,
    set_at    timestamptz not null default now(),
    set_by    text        not null default current_user,
    constraint model_alias_pkey primary key (model_id, alias),
    constraint model_alias_model_id_number_fkey
        foreign key (model_id, number) references registry.model_version,
    constraint model_alias_alias_check check (alias ~ '^[A-Za-z][A-Za-z0-9._-]{0,99}$')
);
create index model_alias_model_id_number_index on registry.model_alias (model_id, number);
comment on table registry.model_alias is 'A name for one version of a model that can be moved, e.g. production.';
comment on column registry.model_alias.model_id is 'The model.';
comment on column registry.model_alias.alias is 'The name, written mlp@production on the command line.';
comment on column registry.model_alias.number is 'The version it stands for.';
comment on column registry.model_alias.set_at is 'When it was given to that version.';
comment on column registry.model_alias.set_by is 'The database role that did.';

create table registry.model_alias_history (
    model_id  bigint      not null,
    alias     text        not null,
    set_at    timestamptz not null default clock_timestamp(),
    number    integer,
    set_by    text        not null default current_user,
    constraint model_alias_history_pkey primary key (model_id, alias, set_at),
    constraint model_alias_history_model_id_fkey foreign key (model_id) references registry.model
);
comment on table registry.model_alias_history is 'Every move of an alias, kept by a trigger.';
comment on column registry.model_alias_history.model_id is 'The model.';
comment on column registry.model_alias_history.alias is 'The alias.';
comment on column registry.model_alias_history.set_at is 'When it was moved.';
comment on column registry.model_alias_history.number is 'The version it was given to; null when it was removed.';
comment on column registry.model_alias_history.set_by is 'The database role that did.';

create function registry.keep_model_alias_history() returns trigger
    language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        insert into registry.model_alias_history (model_id, alias, number)
        values (old.model_id, old.alias, null);
    else
        insert into registry.model_alias_history (model_id, alias, number)
        values (new.model_id, new.alias, new.number);
    end if;
    return null;
end
$$;
comment on function registry.keep_model_alias_history() is 'Writes every move of an alias to its history.';

create trigger model_alias_keep_history
    after insert or update or delete on registry.model_alias
    for each row execute function registry.keep_model_alias_history();
comment on trigger model_alias_keep_history on registry.model_alias is 'Keeps registry.model_alias_history.';
