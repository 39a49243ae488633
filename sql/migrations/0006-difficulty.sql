-- What model versions miss, added up as they are registered: the hardest samples are then found without reading millions
-- of misclassifications. Keyed by the test split: whatever else differs in what was trained, it was tested on the same.

create table registry.tested_architecture (
    split_id         bigint  not null,
    model_id         bigint  not null,
    architecture_id  integer not null,
    versions         integer not null,
    trained          integer not null,
    constraint tested_architecture_pkey primary key (split_id, model_id, architecture_id),
    constraint tested_architecture_split_id_fkey foreign key (split_id) references registry.split on delete cascade,
    constraint tested_architecture_model_id_fkey foreign key (model_id) references registry.model on delete cascade,
    constraint tested_architecture_architecture_id_fkey
        foreign key (architecture_id) references registry.architecture on delete cascade,
    constraint tested_architecture_versions_check check (trained between 0 and versions)
);
create index tested_architecture_model_id_index on registry.tested_architecture (model_id);
create index tested_architecture_architecture_id_index on registry.tested_architecture (architecture_id);
comment on table registry.tested_architecture is
    'How many versions of each model and architecture were tested on a split. Written by a trigger alone.';
comment on column registry.tested_architecture.split_id is 'The test split.';
comment on column registry.tested_architecture.model_id is 'The model.';
comment on column registry.tested_architecture.architecture_id is 'The architecture.';
comment on column registry.tested_architecture.versions is 'Model versions.';
comment on column registry.tested_architecture.trained is 'Those of them that were trained here: they alone tell when a sample was learned.';

create table registry.missed_sample (
    split_id         bigint           not null,
    model_id         bigint           not null,
    architecture_id  integer          not null,
    sample_id        bigint           not null,
    label            smallint         not null,
    predicted        smallint         not null,
    versions         integer          not null,
    confidences      integer          not null,
    confidence_sum   double precision not null,
    constraint missed_sample_pkey primary key (split_id, model_id, architecture_id, sample_id, predicted),
    constraint missed_sample_tested_architecture_fkey
        foreign key (split_id, model_id, architecture_id) references registry.tested_architecture on delete cascade,
    constraint missed_sample_versions_check check (versions >= 0),
    constraint missed_sample_confidences_check check (confidences between 0 and versions)
);
create index missed_sample_sample_id_index on registry.missed_sample (sample_id);
comment on table registry.missed_sample is
    'How many versions of each model and architecture take a test sample for a wrong class. Written by a trigger alone.';
comment on column registry.missed_sample.split_id is 'The test split.';
comment on column registry.missed_sample.model_id is 'The model.';
comment on column registry.missed_sample.architecture_id is 'The architecture.';
comment on column registry.missed_sample.sample_id is 'The test sample.';
comment on column registry.missed_sample.label is 'Its true class.';
comment on column registry.missed_sample.predicted is 'The wrong class.';
comment on column registry.missed_sample.versions is 'Model versions that predict it.';
comment on column registry.missed_sample.confidences is
    'Those of them of which the probability that they give to it is known: all but imported predictions without it.';
comment on column registry.missed_sample.confidence_sum is
    'Sum of these probabilities; NaN counts as 0, so that a version can be taken away again.';

create table registry.missed_total (
    split_id         bigint           not null,
    architecture_id  integer          not null,
    sample_id        bigint           not null,
    label            smallint         not null,
    versions         integer          not null,
    confidences      integer          not null,
    confidence_sum   double precision not null,
    constraint missed_total_pkey primary key (split_id, architecture_id, sample_id),
    constraint missed_total_split_id_fkey foreign key (split_id) references registry.split on delete cascade,
    constraint missed_total_versions_check check (versions >= 0),
    constraint missed_total_confidences_check check (confidences between 0 and versions)
);
comment on table registry.missed_total is
    'How many versions of each architecture miss a test sample: registry.missed_sample added up. Written by a trigger alone.';
comment on column registry.missed_total.split_id is 'The test split.';
comment on column registry.missed_total.architecture_id is 'The architecture.';
comment on column registry.missed_total.sample_id is 'The test sample.';
comment on column registry.missed_total.label is 'Its true class.';
comment on column registry.missed_total.versions is 'Model versions that miss it.';
comment on column registry.missed_total.confidences is
    'Those of them of which the probability that they give to their wrong class is known.';
comment on column registry.missed_total.confidence_sum is 'Sum of these probabilities.';

create table registry.version_learning (
    run_id           bigint     not null,
    epoch            integer    not null,
    sample_ids       bigint[]   not null,
    learned_epochs   integer[]  not null,
    forgotten        integer[]  not null,
    constraint version_learning_pkey primary key (run_id, epoch),
    constraint version_learning_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.model_version (run_id, epoch)
        deferrable initially deferred,
    constraint version_learning_length_check
        check (cardinality(sample_ids) = cardinality(learned_epochs)
               and cardinality(sample_ids) = cardinality(forgotten))
);
comment on table registry.version_learning is
    'What a model version added to registry.sample_learning: it can be taken away again when the epochs it was found in are gone. Written by a trigger alone.';
comment on column registry.version_learning.run_id is 'The version''s run.';
comment on column registry.version_learning.epoch is 'The version''s epoch.';
comment on column registry.version_learning.sample_ids is 'The test samples that it missed after at least one epoch, in order.';
comment on column registry.version_learning.learned_epochs is
    'The first epoch after which each was classified correctly; null where it never was.';
comment on column registry.version_learning.forgotten is
    'How often each was missed after an epoch having been classified correctly after the one before.';

create table registry.sample_learning (
    split_id           bigint  not null,
    model_id           bigint  not null,
    architecture_id    integer not null,
    sample_id          bigint  not null,
    versions           integer not null,
    learned_versions   integer not null,
    learned_epoch_sum  bigint  not null,
    forgotten          bigint  not null,
    constraint sample_learning_pkey primary key (sample_id, split_id, model_id, architecture_id),
    constraint sample_learning_tested_architecture_fkey
        foreign key (split_id, model_id, architecture_id) references registry.tested_architecture on delete cascade,
    constraint sample_learning_versions_check check (versions >= 0 and learned_versions between 0 and versions)
);
create index sample_learning_tested_architecture_index
    on registry.sample_learning (split_id, model_id, architecture_id);
comment on table registry.sample_learning is
    'When test samples were learned, over the versions that missed them after at least one epoch; all others knew them from the first epoch on. Written by a trigger alone.';
comment on column registry.sample_learning.split_id is 'The test split.';
comment on column registry.sample_learning.model_id is 'The model.';
comment on column registry.sample_learning.architecture_id is 'The architecture.';
comment on column registry.sample_learning.sample_id is 'The test sample.';
comment on column registry.sample_learning.versions is 'Model versions that missed it after at least one epoch.';
comment on column registry.sample_learning.learned_versions is 'Those that classified it correctly after some epoch.';
comment on column registry.sample_learning.learned_epoch_sum is 'Sum of the first such epochs.';
comment on column registry.sample_learning.forgotten is
    'How often it was missed after an epoch having been classified correctly after the one before.';

create function registry.count_model_version() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        perform registry.count_version(old.run_id, old.epoch, -1);
    else
        perform registry.count_version(new.run_id, new.epoch, 1);
    end if;
    return null;
end
$$;
comment on function registry.count_model_version() is
    'Keeps registry.tested_architecture, registry.missed_sample, registry.missed_total and registry.sample_learning.';

create trigger model_version_count
    after insert or delete on registry.model_version
    for each row execute function registry.count_model_version();
comment on trigger model_version_count on registry.model_version is
    'Keeps the sums over model versions that tell which samples are hard.';

create trigger tested_architecture_trigger_check
    before insert or update or delete on registry.tested_architecture
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('tested_architecture_trigger_check');
comment on trigger tested_architecture_trigger_check on registry.tested_architecture is 'Written by the trigger of registry.model_version alone.';

create trigger missed_sample_trigger_check
    before insert or update or delete on registry.missed_sample
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('missed_sample_trigger_check');
comment on trigger missed_sample_trigger_check on registry.missed_sample is 'Written by the trigger of registry.model_version alone.';

create trigger missed_total_trigger_check
    before insert or update or delete on registry.missed_total
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('missed_total_trigger_check');
comment on trigger missed_total_trigger_check on registry.missed_total is 'Written by the trigger of registry.model_version alone.';

create trigger version_learning_trigger_check
    before insert or update or delete on registry.version_learning
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('version_learning_trigger_check');
comment on trigger version_learning_trigger_check on registry.version_learning is 'Written by the trigger of registry.model_version alone.';

create trigger sample_learning_trigger_check
    before insert or update or delete on registry.sample_learning
    for each statement
    when (pg_trigger_depth() = 0)
    execute function registry.refuse_change('sample_learning_trigger_check');
comment on trigger sample_learning_trigger_check on registry.sample_learning is 'Written by the trigger of registry.model_version alone.';
