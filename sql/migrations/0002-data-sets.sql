-- Labelled images. Content is stored once, by split; a data set names splits, and any number of data sets may share one.

create table registry.split (
    split_id     bigint      not null generated always as identity,
    fingerprint  text        not null,
    samples      integer     not null,
    channels     integer     not null,
    height       integer     not null,
    width        integer     not null,
    label_bound  integer     not null,
    stored_at    timestamptz not null default now(),
    constraint split_pkey primary key (split_id),
    constraint split_fingerprint_key unique (fingerprint),
    constraint split_fingerprint_check check (fingerprint ~ '^[0-9a-f]{64}$'),
    constraint split_samples_check check (samples > 0),
    constraint split_shape_check check (channels > 0 and height > 0 and width > 0),
    constraint split_label_bound_check check (label_bound between 1 and 32767)
);
comment on table registry.split is
    'Labelled images that are learned or tested together, whatever data sets they belong to. Two model versions were tested on the same samples when their test split is the same. Never updated.';
comment on column registry.split.split_id is 'Surrogate key.';
comment on column registry.split.fingerprint is
    'SHA-256 of the decoded content (shape, labels, pixels), in hexadecimal.';
comment on column registry.split.samples is 'How many samples it has.';
comment on column registry.split.channels is 'Values of a pixel; 1 for grey images.';
comment on column registry.split.height is 'Rows of an image, in pixels.';
comment on column registry.split.width is 'Columns of an image, in pixels.';
comment on column registry.split.label_bound is 'The largest label and 1: a data set must name at least so many classes.';
comment on column registry.split.stored_at is 'When its samples were stored.';
comment on constraint split_fingerprint_key on registry.split is 'The same content is stored once.';

create trigger split_change_check
    before update on registry.split
    for each row
    when (old.* is distinct from new.*)
    execute function registry.refuse_change('split_change_check');
comment on trigger split_change_check on registry.split is 'Its fingerprint tells what it is.';


create table registry.sample (
    sample_id  bigint   not null generated always as identity,
    split_id   bigint   not null,
    index      integer  not null,
    label      smallint not null,
    pixels     bytea    not null,
    digest     bytea    not null generated always as (sha256(pixels)) stored,
    constraint sample_pkey primary key (sample_id),
    constraint sample_split_id_index_key unique (split_id, index) include (label),
    constraint sample_split_id_fkey foreign key (split_id) references registry.split on delete cascade,
    constraint sample_index_check check (index >= 0),
    constraint sample_label_check check (label >= 0)
);
alter table registry.sample alter column pixels set storage external;
create index sample_split_id_label_index on registry.sample (split_id, label);
comment on index registry.sample_split_id_label_index is 'Counts the samples of each class without reading them.';
comment on table registry.sample is 'One labelled image of a split. Never updated, and deleted only with its split.';
comment on column registry.sample.sample_id is 'Surrogate key.';
comment on column registry.sample.split_id is 'The split.';
comment on column registry.sample.index is 'Position in its split, from 0, as in the source files.';
comment on column registry.sample.label is 'The class, from 0; class_names of a data set names it.';
comment on column registry.sample.pixels is 'Intensities 0…255: channels × height × width bytes, row by row.';
comment on column registry.sample.digest is 'SHA-256 of the pixels: the same image has the same, whatever its split and label.';

create function registry.check_samples() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    sample record;
begin
    select added.split_id,
           added.index,
           case
               when octet_length(added.pixels) <> split.channels * split.height * split.width then
                   'sample_pixels_size_check'
               when added.label >= split.label_bound then 'sample_label_bound_check'
               else 'sample_index_bound_check'
           end as violated
      into sample
      from added
      join registry.split using (split_id)
     where octet_length(added.pixels) <> split.channels * split.height * split.width
        or added.label >= split.label_bound
        or added.index >= split.samples
     limit 1;
    if found then
        raise exception 'split %, sample %: does not fit what registry.split says of its size, labels and number',
                        sample.split_id, sample.index
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'sample',
                    constraint = sample.violated;
    end if;
    return null;
end
$$;
comment on function registry.check_samples() is
    'Refuses samples whose pixels are not channels × height × width bytes, or whose label or index is too large for their split.';

create trigger sample_content_check
    after insert on registry.sample
    referencing new table as added
    for each statement execute function registry.check_samples();
comment on trigger sample_content_check on registry.sample is
    'octet_length(pixels) = channels × height × width, label < label_bound and index < samples of the split.';

create trigger sample_change_check
    before update on registry.sample
    for each row
    when (row(old.sample_id, old.split_id, old.index, old.label, old.pixels)
          is distinct from
          row(new.sample_id, new.split_id, new.index, new.label, new.pixels))
    execute function registry.refuse_change('sample_change_check');
comment on trigger sample_change_check on registry.sample is 'The fingerprint of the split tells its content.';

create function registry.check_split_samples() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    stored record;
begin
    select count(*) as samples, max(label) + 1 as label_bound
      into stored
      from registry.sample
     where split_id = new.split_id;
    if exists (select from registry.split where split_id = new.split_id)
       and (stored.samples, stored.label_bound) is distinct from (new.samples, new.label_bound) then
        raise exception 'split %: % samples with labels below % stored, % below % expected',
                        new.split_id, stored.samples, stored.label_bound, new.samples, new.label_bound
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'split',
                    constraint = 'split_sample_count_check';
    end if;
    return null;
end
$$;
comment on function registry.check_split_samples() is 'Refuses the transaction of a split that is not whole.';

create constraint trigger split_sample_count_check
    after insert on registry.split
    deferrable initially deferred
    for each row execute function registry.check_split_samples();
comment on trigger split_sample_count_check on registry.split is
    'Checked at commit: there are as many samples as the split says, and the largest label is label_bound − 1.';

create function registry.check_removed_samples() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from removed join registry.split using (split_id)) then
        raise exception 'samples are deleted with their split only'
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'split',
                    constraint = 'split_sample_count_check';
    end if;
    return null;
end
$$;
comment on function registry.check_removed_samples() is 'Refuses to delete samples of a split that stays.';

create trigger sample_removal_check
    after delete on registry.sample
    referencing old table as removed
    for each statement execute function registry.check_removed_samples();
comment on trigger sample_removal_check on registry.sample is 'A split is whole.';


create table registry.dataset (
    dataset_id                   bigint           not null generated always as identity,
    name                         text             not null,
    version                      integer          not null,
    class_names                  text[]           not null,
    training_split_id            bigint           not null,
    validation_split_id          bigint,
    test_split_id                bigint           not null,
    training_mean                double precision not null,
    training_standard_deviation  double precision not null,
    training_channel_means       double precision[],
    training_channel_standard_deviations double precision[],
    source                       text             not null,
    licence                      text             not null,
    imported_at                  timestamptz      not null default now(),
    constraint dataset_pkey primary key (dataset_id),
    constraint dataset_name_version_key unique (name, version),
    constraint dataset_training_split_id_fkey foreign key (training_split_id) references registry.split,
    constraint dataset_validation_split_id_fkey foreign key (validation_split_id) references registry.split,
    constraint dataset_test_split_id_fkey foreign key (test_split_id) references registry.split,
    constraint dataset_name_check check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    constraint dataset_version_check check (version > 0),
    constraint dataset_class_names_check
        check (cardinality(class_names) between 1 and 32767
               and array_lower(class_names, 1) = 1
               and array_position(class_names, null) is null),
    constraint dataset_training_mean_check check (training_mean between 0 and 1),
    constraint dataset_training_standard_deviation_check check (training_standard_deviation between 0 and 1),
    constraint dataset_channel_moments_check
        check (cardinality(training_channel_means) is not distinct from cardinality(training_channel_standard_deviations)
               and array_position(training_channel_means, null) is null
               and array_position(training_channel_standard_deviations, null) is null)
);
create index dataset_training_split_id_index on registry.dataset (training_split_id);
create index dataset_validation_split_id_index on registry.dataset (validation_split_id);
create index dataset_test_split_id_index on registry.dataset (test_split_id);
comment on table registry.dataset is
    'A name and version for splits, with the names of their classes, their source and licence. Other splits or descriptions under a name are a new version of it.';
comment on column registry.dataset.dataset_id is 'Surrogate key.';
comment on column registry.dataset.name is 'Name used on the command line, e.g. mnist.';
comment on column registry.dataset.version is 'Counts what was imported under this name, from 1.';
comment on column registry.dataset.class_names is 'Names of the classes; label 0 is the first element.';
comment on column registry.dataset.training_split_id is 'The samples that are learned.';
comment on column registry.dataset.validation_split_id is 'The samples by which settings are chosen; null when there are none.';
comment on column registry.dataset.test_split_id is 'The samples that are tested.';
comment on column registry.dataset.training_mean is 'Mean of the training pixels, scaled to 0…1.';
comment on column registry.dataset.training_standard_deviation is
    'Population standard deviation of the training pixels, scaled to 0…1.';
comment on column registry.dataset.training_channel_means is
    'The same mean of each channel: red, green, blue; null for grey images.';
comment on column registry.dataset.training_channel_standard_deviations is
    'The same deviation of each channel; null for grey images.';
comment on column registry.dataset.source is 'Where the content came from.';
comment on column registry.dataset.licence is 'Licence of the content.';
comment on column registry.dataset.imported_at is 'When it was imported.';

create function registry.check_dataset() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    shapes bigint;
    classes integer;
begin
    select count(distinct (channels, height, width)), max(label_bound)
      into shapes, classes
      from registry.split
     where split_id in (new.training_split_id, new.validation_split_id, new.test_split_id);
    if shapes > 1 then
        raise exception 'data set %@%: images of its splits differ in size', new.name, new.version
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'dataset',
                    constraint = 'dataset_shape_check';
    elsif cardinality(new.class_names) < classes then
        raise exception 'data set %@%: % class names for labels up to %',
                        new.name, new.version, cardinality(new.class_names), classes - 1
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'dataset',
                    constraint = 'dataset_label_bound_check';
    end if;
    return new;
end
$$;
comment on function registry.check_dataset() is
    'Refuses a data set whose splits have images of different sizes, or labels without a class name.';

create trigger dataset_split_check
    before insert or update on registry.dataset
    for each row execute function registry.check_dataset();
comment on trigger dataset_split_check on registry.dataset is
    'Images of all splits have one size, and every label has a class name.';

create trigger dataset_change_check
    before update on registry.dataset
    for each row
    when (row(old.training_split_id, old.validation_split_id, old.test_split_id, old.class_names)
          is distinct from
          row(new.training_split_id, new.validation_split_id, new.test_split_id, new.class_names))
    execute function registry.refuse_change('dataset_change_check');
comment on trigger dataset_change_check on registry.dataset is
    'What was learned and tested stays known: other splits or classes are a new version.';


create table registry.sample_feature (
    sample_id     bigint not null,
    ink           real,
    slant         real,
    stroke_width  real,
    sharpness     real,
    box_width     real,
    box_height    real,
    cut_top       real,
    cut_bottom    real,
    cut_left      real,
    cut_right     real,
    pieces        real,
    holes         real,
    constraint sample_feature_pkey primary key (sample_id),
    constraint sample_feature_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
comment on table registry.sample_feature is
    'What is measured of a sample''s image when it is imported. Ink is every pixel with at least half of the image''s largest intensity. What cannot be measured is null, in an image without ink everything. Never updated.';
comment on column registry.sample_feature.sample_id is 'The sample.';
comment on column registry.sample_feature.ink is 'Mean intensity, 0…1.';
comment on column registry.sample_feature.slant is
    'Degrees from the vertical, positive to the right: arctan(−μ₁₁ / μ₀₂) with the intensities'' central moments; null for ink in one row.';
comment on column registry.sample_feature.stroke_width is
    'Pixels: four times the mean distance from the ink to the background.';
comment on column registry.sample_feature.sharpness is
    'Per pixel: the mean gradient, weighted by itself, divided by the largest intensity; null where nothing varies.';
comment on column registry.sample_feature.box_width is 'Pixels, of the ink''s bounding box.';
comment on column registry.sample_feature.box_height is 'Pixels, of the ink''s bounding box.';
comment on column registry.sample_feature.cut_top is
    'Longest run of ink on the topmost inked row, divided by the stroke width; large where the figure is cut flat.';
comment on column registry.sample_feature.cut_bottom is 'The same on the lowest inked row.';
comment on column registry.sample_feature.cut_left is 'The same on the leftmost inked column.';
comment on column registry.sample_feature.cut_right is 'The same on the rightmost inked column.';
comment on column registry.sample_feature.pieces is 'Pieces of ink that do not touch each other.';
comment on column registry.sample_feature.holes is 'Regions of background that ink encloses.';

create table registry.class_distance (
    training_split_id  bigint not null,
    sample_id          bigint not null,
    distance           real,
    constraint class_distance_pkey primary key (training_split_id, sample_id),
    constraint class_distance_training_split_id_fkey
        foreign key (training_split_id) references registry.split on delete cascade,
    constraint class_distance_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
create index class_distance_sample_id_index on registry.class_distance (sample_id);
comment on table registry.class_distance is
    'How far a sample is from what a training split shows of its class; apart from the other features, because it depends on that split. Never updated.';
comment on column registry.class_distance.training_split_id is 'The training split.';
comment on column registry.class_distance.sample_id is 'The sample, of that split or of another that a data set combines with it.';
comment on column registry.class_distance.distance is
    'Root mean square difference from the mean training image of its class, with intensities 0…1; null for a class without training images, and for an image without ink.';

create table registry.class_feature (
    training_split_id  bigint           not null,
    label              smallint         not null,
    feature            text             not null,
    median             double precision not null,
    deviation          double precision not null,
    constraint class_feature_pkey primary key (training_split_id, label, feature),
    constraint class_feature_training_split_id_fkey
        foreign key (training_split_id) references registry.split on delete cascade,
    constraint class_feature_deviation_check check (deviation >= 0)
);
comment on table registry.class_feature is
    'What is usual in a class: robust location and scale over the samples of a training split.';
comment on column registry.class_feature.training_split_id is 'The training split.';
comment on column registry.class_feature.label is 'The class.';
comment on column registry.class_feature.feature is 'As in analysis.sample_measure.';
comment on column registry.class_feature.median is 'Median of the feature.';
comment on column registry.class_feature.deviation is
    '1.4826 times the median distance from the median: the standard deviation if the feature is normal.';

create table registry.error_category (
    category           text             not null,
    feature            text             not null,
    side               text             not null,
    threshold          double precision not null,
    minimum_deviation  double precision not null,
    constraint error_category_pkey primary key (category, feature, side),
    constraint error_category_side_check check (side in ('above', 'below')),
    constraint error_category_threshold_check check (threshold > 0),
    constraint error_category_minimum_deviation_check check (minimum_deviation > 0)
);
comment on table registry.error_category is
    'From when on a deviation has a name. A sample is in a category when any of its rows applies. May be changed at any time.';
comment on column registry.error_category.category is 'The name.';
comment on column registry.error_category.feature is
    'As in analysis.sample_measure; or label_doubt (see analysis.hard_samples). label_doubt and empty are compared with threshold itself.';
comment on column registry.error_category.side is 'On which side of its class''s median the sample must lie: above or below.';
comment on column registry.error_category.threshold is 'How far from the median, in deviations.';
comment on column registry.error_category.minimum_deviation is
    'The deviation that is taken where the class''s own is smaller, in the feature''s unit.';

-- A label is in doubt where the versions of several architectures agree on another class with this mean probability.
insert into registry.error_category (category, feature, side, threshold, minimum_deviation)
values ('tilted', 'slant', 'above', 2, 1),
       ('tilted', 'slant', 'below', 2, 1),
       ('blurred', 'sharpness', 'below', 2, 0.005),
       ('clipped at top', 'cut_top', 'above', 3, 0.1),
       ('clipped at bottom', 'cut_bottom', 'above', 3, 0.1),
       ('clipped at left', 'cut_left', 'above', 3, 0.1),
       ('clipped at right', 'cut_right', 'above', 3, 0.1),
       ('incomplete or broken', 'pieces', 'above', 2, 0.25),
       ('incomplete or broken', 'holes', 'below', 2, 0.25),
       ('thick', 'stroke_width', 'above', 2, 0.1),
       ('thin', 'stroke_width', 'below', 2, 0.1),
       ('unusual shape', 'class_distance', 'above', 2, 0.005),
       ('empty', 'empty', 'above', 0.5, 1),
       ('suspect label', 'label_doubt', 'above', 0.7, 1);
