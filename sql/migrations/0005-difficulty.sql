-- What model versions miss, added up as they are registered: the hardest samples are then found without reading millions
-- of misclassifications.

alter table registry.run
  add column architecture text not null
      generated always as (md5(coalesce((configuration -> 'architecture')::text, ''))) stored;
comment on column registry.run.architecture is 'Tells architectures apart: MD5 of configuration''s architecture.';

create table registry.tested_architecture (
    dataset_id    bigint  not null,
    model_id      bigint  not null,
    architecture  text    not null,
    versions      integer not null,
    constraint tested_architecture_pkey primary key (dataset_id, model_id, architecture),
    constraint tested_architecture_dataset_id_fkey
        foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint tested_architecture_model_id_fkey foreign key (model_id) references registry.model on delete cascade
);
comment on table registry.tested_architecture is
    'How many versions of each model and architecture were tested on a data set. Kept by a trigger.';
comment on column registry.tested_architecture.dataset_id is 'The data set.';
comment on column registry.tested_architecture.model_id is 'The model.';
comment on column registry.tested_architecture.architecture is 'The architecture, as in registry.run.';
comment on column registry.tested_architecture.versions is 'Model versions.';

create table registry.missed_sample (
    dataset_id      bigint           not null,
    model_id        bigint           not null,
    architecture    text             not null,
    sample_id       bigint           not null,
    label           smallint         not null,
    predicted       smallint         not null,
    versions        integer          not null,
    confidence_sum  double precision not null,
    constraint missed_sample_pkey primary key (dataset_id, model_id, architecture, sample_id, predicted),
    constraint missed_sample_dataset_id_fkey foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint missed_sample_model_id_fkey foreign key (model_id) references registry.model on delete cascade,
    constraint missed_sample_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
comment on table registry.missed_sample is
    'How many versions of each model and architecture take a test sample for a wrong class. Kept by a trigger.';
comment on column registry.missed_sample.dataset_id is 'The data set.';
comment on column registry.missed_sample.model_id is 'The model.';
comment on column registry.missed_sample.architecture is 'The architecture, as in registry.run.';
comment on column registry.missed_sample.sample_id is 'The test sample.';
comment on column registry.missed_sample.label is 'Its true class.';
comment on column registry.missed_sample.predicted is 'The wrong class.';
comment on column registry.missed_sample.versions is 'Model versions that predict it.';
comment on column registry.missed_sample.confidence_sum is 'Sum of the probabilities that they give to it.';

create table registry.sample_learning (
    dataset_id         bigint  not null,
    model_id           bigint  not null,
    architecture       text    not null,
    sample_id          bigint  not null,
    versions           integer not null,
    learned_versions   integer not null,
    learned_epoch_sum  bigint  not null,
    forgotten          bigint  not null,
    constraint sample_learning_pkey primary key (sample_id, dataset_id, model_id, architecture),
    constraint sample_learning_dataset_id_fkey foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint sample_learning_model_id_fkey foreign key (model_id) references registry.model on delete cascade,
    constraint sample_learning_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
comment on table registry.sample_learning is
    'When test samples were learned, over the versions that missed them after at least one epoch; all others knew them from the first epoch on. Kept by a trigger.';
comment on column registry.sample_learning.dataset_id is 'The data set.';
comment on column registry.sample_learning.model_id is 'The model.';
comment on column registry.sample_learning.architecture is 'The architecture, as in registry.run.';
comment on column registry.sample_learning.sample_id is 'The test sample.';
comment on column registry.sample_learning.versions is 'Model versions that missed it after at least one epoch.';
comment on column registry.sample_learning.learned_versions is 'Those that classified it rightly after some epoch.';
comment on column registry.sample_learning.learned_epoch_sum is 'Sum of the first such epochs.';
comment on column registry.sample_learning.forgotten is
    'How often it was missed after an epoch having been classified rightly after the one before.';


create function registry.learning_of_run(
    of_run               bigint,
    out sample_id        bigint,
    out learned_epoch    integer,
    out forgotten        integer
)
    returns setof record
    language sql
    stable
as $$
    -- M. Toneva et al., "An empirical study of example forgetting during deep neural network learning", 2019.
    select missed.sample_id,
           -- The first epoch that is missing in 1, 2, 3, …, unless they all are there.
           nullif(count(*) filter (where missed.epoch = missed.position) + 1, run.epochs_finished + 1)::integer,
           count(*) filter (where missed.epoch > 1
                              and missed.epoch - 1 is distinct from missed.previous)::integer
      from (select misclassification.sample_id,
                   misclassification.epoch,
                   row_number() over sample_epochs as position,
                   lag(misclassification.epoch) over sample_epochs as previous
              from registry.misclassification
             where misclassification.run_id = of_run
            window sample_epochs as (partition by misclassification.sample_id order by misclassification.epoch)) as missed
      join registry.run
        on run.run_id = of_run
     group by missed.sample_id, run.epochs_finished
$$;
comment on function registry.learning_of_run(bigint) is
    'For each test sample that a run missed after some epoch: the first epoch after which it was right, null when never, and how often it was forgotten.';


create function registry.count_version(of_run bigint, of_epoch integer, sign integer) returns void
    language plpgsql
as $$
declare
    counted registry.run;
begin
    select * into strict counted from registry.run where run_id = of_run;

    insert into registry.tested_architecture as known (dataset_id, model_id, architecture, versions)
    values (counted.dataset_id, counted.model_id, counted.architecture, sign)
        on conflict on constraint tested_architecture_pkey do update
       set versions = known.versions + excluded.versions;

    insert into registry.missed_sample as known
           (dataset_id, model_id, architecture, sample_id, label, predicted, versions, confidence_sum)
    select counted.dataset_id, counted.model_id, counted.architecture,
           wrong.sample_id, sample.label, wrong.predicted, sign, sign * wrong.confidence::double precision
      from registry.misclassification as wrong
      join registry.sample using (sample_id)
     where wrong.run_id = of_run
       and wrong.epoch = of_epoch
        on conflict on constraint missed_sample_pkey do update
       set versions = known.versions + excluded.versions,
           confidence_sum = known.confidence_sum + excluded.confidence_sum;

    insert into registry.sample_learning as known
           (dataset_id, model_id, architecture, sample_id, versions, learned_versions, learned_epoch_sum, forgotten)
    select counted.dataset_id, counted.model_id, counted.architecture, learning.sample_id,
           sign,
           case when learning.learned_epoch is null then 0 else sign end,
           sign * coalesce(learning.learned_epoch, 0),
           sign * learning.forgotten
      from registry.learning_of_run(of_run) as learning
        on conflict on constraint sample_learning_pkey do update
       set versions = known.versions + excluded.versions,
           learned_versions = known.learned_versions + excluded.learned_versions,
           learned_epoch_sum = known.learned_epoch_sum + excluded.learned_epoch_sum,
           forgotten = known.forgotten + excluded.forgotten;

    if sign < 0 then
        delete from registry.missed_sample
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
        delete from registry.sample_learning
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
        delete from registry.tested_architecture
         where dataset_id = counted.dataset_id and model_id = counted.model_id and versions = 0;
    end if;
end
$$;
comment on function registry.count_version(bigint, integer, integer) is
    'Adds what a model version misses to the sums (sign 1), or takes it away (sign −1).';

create function registry.count_model_version() returns trigger
    language plpgsql
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
    'Keeps registry.tested_architecture, registry.missed_sample and registry.sample_learning.';

create trigger model_version_count
    after insert or delete on registry.model_version
    for each row execute function registry.count_model_version();
comment on trigger model_version_count on registry.model_version is
    'Keeps the sums over model versions that tell which samples are hard.';

select registry.count_version(run_id, epoch, 1) from registry.model_version order by registered_at;

drop view if exists analysis.class_difficulty, analysis.sample_difficulty;

-- A label is in doubt where the versions of several architectures agree on another class with this mean probability.
insert into registry.error_category (category, feature, side, threshold, minimum_deviation)
values ('suspect label', 'label_doubt', 'above', 0.7, 1);
comment on column registry.error_category.feature is
    'A column of sample_feature; or label_doubt (see analysis.hard_samples), which is compared with threshold itself.';
