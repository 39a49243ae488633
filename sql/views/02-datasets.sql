create or replace view analysis.split as
select dataset.name as dataset,
       dataset.version as dataset_version,
       'training' as split,
       split.samples,
       split.fingerprint,
       split.channels,
       split.height,
       split.width,
       dataset.class_names,
       dataset.dataset_id,
       split.split_id,
       dataset.training_split_id
  from registry.dataset
  join registry.split on split.split_id = dataset.training_split_id
 union all
select dataset.name,
       dataset.version,
       'validation',
       split.samples,
       split.fingerprint,
       split.channels,
       split.height,
       split.width,
       dataset.class_names,
       dataset.dataset_id,
       split.split_id,
       dataset.training_split_id
  from registry.dataset
  join registry.split on split.split_id = dataset.validation_split_id
 union all
select dataset.name,
       dataset.version,
       'test',
       split.samples,
       split.fingerprint,
       split.channels,
       split.height,
       split.width,
       dataset.class_names,
       dataset.dataset_id,
       split.split_id,
       dataset.training_split_id
  from registry.dataset
  join registry.split on split.split_id = dataset.test_split_id;
comment on view analysis.split is
    'The splits of each data set. Data sets that have a split in common have its split_id in common.';
comment on column analysis.split.dataset is 'Name of the data set.';
comment on column analysis.split.dataset_version is 'Its version.';
comment on column analysis.split.split is 'training, validation or test.';
comment on column analysis.split.samples is 'How many samples it has.';
comment on column analysis.split.fingerprint is 'SHA-256 of the decoded content, in hexadecimal.';
comment on column analysis.split.channels is 'Values of a pixel; 1 for grey images.';
comment on column analysis.split.height is 'Rows of an image, in pixels.';
comment on column analysis.split.width is 'Columns of an image, in pixels.';
comment on column analysis.split.class_names is 'Names of the data set''s classes; label 0 is the first element.';
comment on column analysis.split.dataset_id is 'Key of the data set.';
comment on column analysis.split.split_id is 'Key of the split.';
comment on column analysis.split.training_split_id is 'Key of the data set''s training split.';


create or replace view analysis.dataset as
select dataset.name as dataset,
       dataset.version as dataset_version,
       training.samples as training_samples,
       test.samples as test_samples,
       cardinality(dataset.class_names) as classes,
       dataset.class_names,
       test.channels,
       test.height,
       test.width,
       dataset.training_mean,
       dataset.training_standard_deviation,
       encode(sha256(decode(training.fingerprint || coalesce(validation.fingerprint, '') || test.fingerprint, 'hex')),
              'hex') as fingerprint,
       dataset.source,
       dataset.licence,
       dataset.imported_at,
       validation.samples as validation_samples,
       training.fingerprint as training_fingerprint,
       validation.fingerprint as validation_fingerprint,
       test.fingerprint as test_fingerprint,
       dataset.dataset_id,
       dataset.training_split_id,
       dataset.validation_split_id,
       dataset.test_split_id,
       dataset.training_channel_means,
       dataset.training_channel_standard_deviations
  from registry.dataset
  join registry.split as training
    on training.split_id = dataset.training_split_id
  left join registry.split as validation
         on validation.split_id = dataset.validation_split_id
  join registry.split as test
    on test.split_id = dataset.test_split_id;
comment on view analysis.dataset is 'The data sets, one row for each version of each.';
comment on column analysis.dataset.dataset is 'Name of the data set.';
comment on column analysis.dataset.dataset_version is 'Counts what was imported under this name, from 1.';
comment on column analysis.dataset.training_samples is 'Samples in the training split.';
comment on column analysis.dataset.test_samples is 'Samples in the test split.';
comment on column analysis.dataset.classes is 'Number of classes.';
comment on column analysis.dataset.class_names is 'Names of the classes; label 0 is the first element.';
comment on column analysis.dataset.channels is 'Values of a pixel; 1 for grey images.';
comment on column analysis.dataset.height is 'Rows of an image, in pixels.';
comment on column analysis.dataset.width is 'Columns of an image, in pixels.';
comment on column analysis.dataset.training_mean is 'Mean of the training pixels, scaled to 0…1.';
comment on column analysis.dataset.training_standard_deviation is
    'Population standard deviation of the training pixels, scaled to 0…1.';
comment on column analysis.dataset.fingerprint is
    'SHA-256 of the splits'' fingerprints as bytes, one after the other, in hexadecimal: the same content has the same, whatever its name.';
comment on column analysis.dataset.source is 'Where the content came from.';
comment on column analysis.dataset.licence is 'Licence of the content.';
comment on column analysis.dataset.imported_at is 'When it was imported.';
comment on column analysis.dataset.validation_samples is 'Samples in the validation split; null when there is none.';
comment on column analysis.dataset.training_fingerprint is 'SHA-256 of the training split''s decoded content, in hexadecimal.';
comment on column analysis.dataset.validation_fingerprint is 'The same of the validation split; null when there is none.';
comment on column analysis.dataset.test_fingerprint is 'The same of the test split: versions with the same were tested on the same samples.';
comment on column analysis.dataset.dataset_id is 'Key of the data set.';
comment on column analysis.dataset.training_split_id is 'Key of the training split.';
comment on column analysis.dataset.validation_split_id is 'Key of the validation split; null when there is none.';
comment on column analysis.dataset.test_split_id is 'Key of the test split.';
comment on column analysis.dataset.training_channel_means is
    'Mean of each channel''s training pixels, scaled to 0…1: red, green, blue; null for grey images.';
comment on column analysis.dataset.training_channel_standard_deviations is
    'Their population standard deviation; null for grey images.';


create or replace view analysis.class_balance as
select split.dataset,
       split.dataset_version,
       split.split,
       counted.label,
       split.class_names[counted.label + 1] as class_name,
       counted.samples,
       counted.samples::double precision / split.samples as share,
       split.dataset_id
  from analysis.split
 cross join lateral (select sample.label, count(*) as samples
                       from registry.sample
                      where sample.split_id = split.split_id
                      group by sample.label) as counted;
comment on view analysis.class_balance is 'Samples of each class in each split of a data set.';
comment on column analysis.class_balance.dataset is 'Name of the data set.';
comment on column analysis.class_balance.dataset_version is 'Its version.';
comment on column analysis.class_balance.split is 'training, validation or test.';
comment on column analysis.class_balance.label is 'The class, from 0.';
comment on column analysis.class_balance.class_name is 'Its name.';
comment on column analysis.class_balance.samples is 'Samples of the class in the split.';
comment on column analysis.class_balance.share is 'Their share of the split, 0…1.';
comment on column analysis.class_balance.dataset_id is 'Key of the data set.';


create or replace view analysis.sample as
select split.dataset,
       split.dataset_version,
       split.split,
       sample.index,
       sample.label,
       split.class_names[sample.label + 1] as class_name,
       sample.pixels,
       split.height,
       split.width,
       split.channels,
       sample.sample_id,
       split.dataset_id,
       split.split_id,
       sample.digest
  from analysis.split
  join registry.sample using (split_id);
comment on view analysis.sample is
    'The labelled images of each data set. A sample that several data sets share is there once for each of them.';
comment on column analysis.sample.dataset is 'Name of the data set.';
comment on column analysis.sample.dataset_version is 'Its version.';
comment on column analysis.sample.split is 'training, validation or test.';
comment on column analysis.sample.index is 'Position in the split, from 0.';
comment on column analysis.sample.label is 'The class, from 0.';
comment on column analysis.sample.class_name is 'Its name.';
comment on column analysis.sample.pixels is 'Intensities 0…255: channels × height × width bytes, row by row.';
comment on column analysis.sample.height is 'Rows of the image, in pixels.';
comment on column analysis.sample.width is 'Columns of the image, in pixels.';
comment on column analysis.sample.channels is 'Values of a pixel.';
comment on column analysis.sample.sample_id is 'Key of the sample; the same in all data sets that share it.';
comment on column analysis.sample.dataset_id is 'Key of the data set.';
comment on column analysis.sample.split_id is 'Key of the split.';
comment on column analysis.sample.digest is 'SHA-256 of the pixels: the same image has the same.';


create or replace function analysis.test_split(of_dataset bigint) returns bigint
    language sql
    set search_path = pg_catalog, pg_temp
    stable
    strict
    parallel safe
as $$
    select test_split_id from analysis.dataset where dataset_id = of_dataset
$$;
comment on function analysis.test_split(bigint) is 'Key of the test split of a data set.';
