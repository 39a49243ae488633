-- What is wrong with a data set: images that are there twice, under two labels, or without content, and classes that are
-- too rare. Functions of one data set: each reads its samples once, and never their pixels but for constant images.

create or replace function analysis.image_samples(
    of_dataset       bigint,
    out digest       bytea,
    out split        text,
    out split_order  integer,
    out index        integer,
    out label        smallint,
    out class_name   text,
    out sample_id    bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    rows 100000
as $$
    select sample.digest,
           sample.split,
           array_position('{training,validation,test}', sample.split),
           sample.index,
           sample.label,
           sample.class_name,
           sample.sample_id
      from analysis.sample
     where sample.dataset_id = of_dataset
$$;
comment on function analysis.image_samples(bigint) is
    'The samples of a data set by image: SHA-256 of the pixels, split, its position among training, validation and test, index, class.';


create or replace function analysis.duplicate_images(
    of_dataset              bigint,
    out digest              text,
    out samples             bigint,
    out training_samples    bigint,
    out validation_samples  bigint,
    out test_samples        bigint,
    out has_several_labels  boolean,
    out class_names         text[],
    out places              text[],
    out sample_id           bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with sample as materialized (
        select * from analysis.image_samples(of_dataset)
    ), repeated as (
        select sample.digest
          from sample
         group by sample.digest
        having count(*) > 1
    )
    select encode(sample.digest, 'hex'),
           count(*),
           count(*) filter (where sample.split = 'training'),
           count(*) filter (where sample.split = 'validation'),
           count(*) filter (where sample.split = 'test'),
           count(distinct sample.label) > 1,
           array_agg(distinct sample.class_name order by sample.class_name),
           array_agg(sample.split || ':' || sample.index order by sample.split_order, sample.index),
           (array_agg(sample.sample_id order by sample.split_order, sample.index))[1]
      from repeated
      join sample using (digest)
     group by sample.digest
$$;
comment on function analysis.duplicate_images(bigint) is
    'The images of a data set that several of its samples have, pixel by pixel: SHA-256, how many samples in each split, whether they have several labels, the names of their classes, where they are (split and index), and the first of them.';


create or replace function analysis.constant_images(
    of_dataset       bigint,
    out split        text,
    out index        integer,
    out label        smallint,
    out class_name   text,
    out intensities  integer[],
    out sample_id    bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    -- Without its first value at both ends, nothing is left of a constant channel.
    select sample.split,
           sample.index,
           sample.label,
           sample.class_name,
           array(select get_byte(sample.pixels, channel * sample.height * sample.width)
                   from generate_series(0, sample.channels - 1) as channel
                  order by channel),
           sample.sample_id
      from analysis.sample
     where sample.dataset_id = of_dataset
       and (select bool_and(octet_length(btrim(plane.values, substring(plane.values from 1 for 1))) = 0)
              from (select substring(sample.pixels from channel * sample.height * sample.width + 1
                                     for sample.height * sample.width) as values
                      from generate_series(0, sample.channels - 1) as channel) as plane)
$$;
comment on function analysis.constant_images(bigint) is
    'The images of a data set in which nothing varies: each channel has one intensity in all pixels.';


create or replace function analysis.class_imbalance(
    of_dataset             bigint,
    out split              text,
    out samples            bigint,
    out classes            bigint,
    out absent_classes     text[],
    out largest_class      text,
    out largest_samples    bigint,
    out smallest_class     text,
    out smallest_samples   bigint,
    out ratio              double precision,
    out effective_classes  double precision
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    -- The number of equally large classes with the same entropy: M. O. Hill, "Diversity and evenness: a unifying notation
    -- and its consequences", 1973, order 1.
    select split.split,
           split.samples::bigint,
           count(*),
           coalesce(array_agg(class.name order by class.position) filter (where balance.samples is null), '{}'),
           (array_agg(class.name order by coalesce(balance.samples, 0) desc, class.position))[1],
           coalesce(max(balance.samples), 0),
           (array_agg(class.name order by coalesce(balance.samples, 0), class.position))[1],
           min(coalesce(balance.samples, 0)),
           max(balance.samples)::double precision / nullif(min(coalesce(balance.samples, 0)), 0),
           exp(-sum(balance.share * ln(balance.share)))
      from analysis.split
     cross join lateral unnest(split.class_names) with ordinality as class (name, position)
      left join analysis.class_balance as balance
             on balance.dataset_id = of_dataset
            and balance.split = split.split
            and balance.label = class.position - 1
     where split.dataset_id = of_dataset
     group by split.split, split.samples
     order by array_position('{training,validation,test}', split.split)
$$;
comment on function analysis.class_imbalance(bigint) is
    'How unequal the classes are in each split of a data set: those without samples, the largest and the smallest, how many times as large it is (null where a class has no samples), and how many equally large classes have the same entropy (Hill, 1973).';


create or replace view analysis.duplicate_search as
select dataset.name as dataset,
       dataset.version as dataset_version,
       search.images,
       search.searched,
       search.searched_at,
       search.dataset_id
  from registry.duplicate_search as search
  join registry.dataset using (dataset_id);
comment on view analysis.duplicate_search is 'The data sets whose near duplicates were searched for.';
comment on column analysis.duplicate_search.dataset is 'Name of the data set.';
comment on column analysis.duplicate_search.dataset_version is 'Its version.';
comment on column analysis.duplicate_search.images is 'Images in it, the same image once.';
comment on column analysis.duplicate_search.searched is
    'Those of them that were compared; the others are too small or have too little contrast.';
comment on column analysis.duplicate_search.searched_at is 'When the search ended.';
comment on column analysis.duplicate_search.dataset_id is 'Key of the data set.';


create or replace view analysis.near_duplicate as
select dataset.name as dataset,
       dataset.version as dataset_version,
       case later.split_id
           when dataset.training_split_id then 'training'
           when dataset.validation_split_id then 'validation'
           else 'test'
       end as split,
       later.index,
       later.label,
       dataset.class_names[later.label + 1] as class_name,
       case earlier.split_id
           when dataset.training_split_id then 'training'
           when dataset.validation_split_id then 'validation'
           else 'test'
       end as of_split,
       earlier.index as of_index,
       earlier.label as of_label,
       dataset.class_names[earlier.label + 1] as of_class_name,
       pair.distance,
       pair.sample_id,
       pair.of_sample_id,
       pair.dataset_id
  from registry.near_duplicate as pair
  join registry.dataset using (dataset_id)
  join registry.sample as later on later.sample_id = pair.sample_id
  join registry.sample as earlier on earlier.sample_id = pair.of_sample_id;
comment on view analysis.near_duplicate is
    'Pairs of images of a data set that are the same but for a shift by a pixel, brightness, contrast or compression, as registry dataset check found them. Of samples with the same image only the first is here.';
comment on column analysis.near_duplicate.dataset is 'Name of the data set.';
comment on column analysis.near_duplicate.dataset_version is 'Its version.';
comment on column analysis.near_duplicate.split is 'Split of the later sample: training, validation or test.';
comment on column analysis.near_duplicate.index is 'Its position in that split, from 0.';
comment on column analysis.near_duplicate.label is 'Its class, from 0.';
comment on column analysis.near_duplicate.class_name is 'The class''s name.';
comment on column analysis.near_duplicate.of_split is 'Split of the earlier sample.';
comment on column analysis.near_duplicate.of_index is 'Its position in that split, from 0.';
comment on column analysis.near_duplicate.of_label is 'Its class, from 0.';
comment on column analysis.near_duplicate.of_class_name is 'The class''s name.';
comment on column analysis.near_duplicate.distance is
    'What the best shift by at most a pixel, gain and offset leave of the difference, as a share of the image''s contrast; 0 for nothing.';
comment on column analysis.near_duplicate.sample_id is 'Key of the later sample.';
comment on column analysis.near_duplicate.of_sample_id is 'Key of the earlier sample.';
comment on column analysis.near_duplicate.dataset_id is 'Key of the data set.';


create or replace function analysis.leaked_samples(
    of_dataset     bigint,
    out sample_id  bigint,
    out is_exact   boolean
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with sample as materialized (
        select * from analysis.image_samples(of_dataset)
    ), learned as materialized (
        select distinct sample.digest
          from sample
         where sample.split = 'training'
    ), pair as (
        select distinct later.digest as a, earlier.digest as b
          from analysis.near_duplicate as near
          join sample as later on later.sample_id = near.sample_id
          join sample as earlier on earlier.sample_id = near.of_sample_id
         where near.dataset_id = of_dataset
    ), nearly_learned as (
        select pair.a as digest from pair join learned on learned.digest = pair.b
         union
        select pair.b from pair join learned on learned.digest = pair.a
    )
    select test.sample_id,
           learned.digest is not null
      from sample as test
      left join learned using (digest)
      left join nearly_learned using (digest)
     where test.split = 'test'
       and (learned.digest is not null or nearly_learned.digest is not null)
$$;
comment on function analysis.leaked_samples(bigint) is
    'The test samples of a data set whose image is in its training split as it is (is_exact) or nearly so. Near duplicates are known only after registry dataset check.';


create or replace function analysis.leaked_accuracy(
    of_dataset               bigint,
    out model                text,
    out version              integer,
    out test_samples         bigint,
    out test_correct         bigint,
    out test_accuracy        double precision,
    out test_accuracy_lower  double precision,
    out test_accuracy_upper  double precision,
    out leaked_samples       bigint,
    out leaked_correct       bigint,
    out leaked_accuracy      double precision,
    out leaked_lower         double precision,
    out leaked_upper         double precision,
    out clean_samples        bigint,
    out clean_correct        bigint,
    out clean_accuracy       double precision,
    out clean_lower          double precision,
    out clean_upper          double precision
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with leaked as materialized (
        select leaked.sample_id from analysis.leaked_samples(of_dataset) as leaked
    ), tested as (
        -- Versions that learned and were tested on the same splits, whatever their data set is called.
        select version.model,
               version.version,
               version.test_samples::bigint,
               version.test_correct::bigint,
               (select count(*) from leaked) as leaked_samples,
               (select count(*) from leaked) - (select count(*)
                                                  from analysis.misclassified_sample as wrong
                                                  join leaked using (sample_id)
                                                 where wrong.model = version.model
                                                   and wrong.version = version.version) as leaked_correct
          from analysis.dataset as checked
          join analysis.dataset as used using (training_split_id, test_split_id)
          join analysis.model_version as version
            on version.dataset_id = used.dataset_id
         where checked.dataset_id = of_dataset
    )
    select tested.model,
           tested.version,
           tested.test_samples,
           tested.test_correct,
           tested.test_correct::double precision / tested.test_samples,
           whole.lower,
           whole.upper,
           tested.leaked_samples,
           tested.leaked_correct,
           tested.leaked_correct::double precision / nullif(tested.leaked_samples, 0),
           leaked.lower,
           leaked.upper,
           tested.test_samples - tested.leaked_samples,
           tested.test_correct - tested.leaked_correct,
           (tested.test_correct - tested.leaked_correct)::double precision
               / nullif(tested.test_samples - tested.leaked_samples, 0),
           clean.lower,
           clean.upper
      from tested
     cross join lateral analysis.wilson_interval(tested.test_correct, tested.test_samples) as whole
      left join lateral analysis.wilson_interval(tested.leaked_correct, tested.leaked_samples) as leaked on true
      left join lateral analysis.wilson_interval(tested.test_correct - tested.leaked_correct,
                                                 tested.test_samples - tested.leaked_samples) as clean on true
     order by tested.model, tested.version
$$;
comment on function analysis.leaked_accuracy(bigint) is
    'Of each model version that was trained and tested on the splits of a data set: its accuracy on all test samples, on those that are in the training split too (analysis.leaked_samples), and on the others (clean), each with its 95 % Wilson interval.';


create or replace function analysis.label_conflicts(
    of_dataset         bigint,
    out is_exact       boolean,
    out split          text,
    out index          integer,
    out class_name     text,
    out of_split       text,
    out of_index       integer,
    out of_class_name  text,
    out distance       double precision,
    out sample_id      bigint,
    out of_sample_id   bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    -- Of each image the first sample, and the first with each other label.
    with sample as materialized (
        select * from analysis.image_samples(of_dataset)
    ), labelled as (
        select distinct on (sample.digest, sample.label) sample.*
          from sample
          join (select given.digest
                  from sample as given
                 group by given.digest
                having min(given.label) <> max(given.label)) as several using (digest)
         order by sample.digest, sample.label, sample.split_order, sample.index
    ), placed as (
        select labelled.*,
               row_number() over (partition by labelled.digest
                                      order by labelled.split_order, labelled.index) as place
          from labelled
    )
    select true,
           other.split,
           other.index,
           other.class_name,
           earliest.split,
           earliest.index,
           earliest.class_name,
           0::double precision,
           other.sample_id,
           earliest.sample_id
      from placed as other
      join placed as earliest
        on earliest.digest = other.digest
       and earliest.place = 1
     where other.place > 1
     union all
    select false,
           near.split,
           near.index,
           near.class_name,
           near.of_split,
           near.of_index,
           near.of_class_name,
           near.distance,
           near.sample_id,
           near.of_sample_id
      from analysis.near_duplicate as near
     where near.dataset_id = of_dataset
       and near.label <> near.of_label
$$;
comment on function analysis.label_conflicts(bigint) is
    'Images of a data set under two labels: the same image (is_exact, distance 0), or near duplicates.';


create or replace function analysis.dataset_findings(
    of_dataset         bigint,
    out finding        text,
    out cases          bigint,
    out samples        bigint,
    out across_splits  bigint,
    out test_learned   bigint
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    with duplicate as materialized (
        select found.samples,
               greatest(found.training_samples, found.validation_samples, found.test_samples) < found.samples as is_across,
               found.training_samples > 0 and found.test_samples > 0 as is_learned,
               found.has_several_labels
          from analysis.duplicate_images(of_dataset) as found
    ), near as materialized (
        select near.split <> near.of_split as is_across,
               near.split = 'test' and near.of_split = 'training' as is_learned,
               near.label <> near.of_label as has_several_labels
          from analysis.near_duplicate as near
         where near.dataset_id = of_dataset
    ), found (finding, samples, is_across, is_learned) as (
        select 'exact duplicates', duplicate.samples, duplicate.is_across, duplicate.is_learned
          from duplicate
         union all
        select 'exact duplicates, several labels', duplicate.samples, duplicate.is_across, duplicate.is_learned
          from duplicate
         where duplicate.has_several_labels
         union all
        select 'near duplicates', 2, near.is_across, near.is_learned
          from near
         union all
        select 'near duplicates, two labels', 2, near.is_across, near.is_learned
          from near
         where near.has_several_labels
         union all
        select 'constant images', 1, null, null
          from analysis.constant_images(of_dataset)
         union all
        select 'classes without samples', 0, null, null
          from analysis.class_imbalance(of_dataset) as imbalance
         cross join unnest(imbalance.absent_classes)
    )
    select kind.finding,
           case when kind.is_known then count(found.finding) end,
           case when kind.has_samples then coalesce(sum(found.samples), 0)::bigint end,
           case when kind.is_known and kind.has_places then count(*) filter (where found.is_across) end,
           case when kind.is_known and kind.has_places then count(*) filter (where found.is_learned) end
      from (select listed.*,
                   -- Before a search, how many there are is not known.
                   listed.finding not like 'near%'
                   or exists (select from analysis.duplicate_search as search where search.dataset_id = of_dataset)
                       as is_known
              from (values (1, 'exact duplicates', true, true),
                           (2, 'exact duplicates, several labels', true, true),
                           (3, 'near duplicates', false, true),
                           (4, 'near duplicates, two labels', false, true),
                           (5, 'constant images', true, false),
                           (6, 'classes without samples', false, false))
                       as listed (position, finding, has_samples, has_places)) as kind
      left join found using (finding)
     group by kind.position, kind.finding, kind.is_known, kind.has_samples, kind.has_places
     order by kind.position
$$;
comment on function analysis.dataset_findings(bigint) is
    'What is wrong with a data set, in numbers, each kind in a row: images that several samples have, those of them with several labels, pairs of near duplicates (null before registry dataset check searched for them), those of them with two labels, images in which nothing varies, classes without samples, in each split. With them the samples concerned, the cases that reach over splits, and those that are in training and in test.';
