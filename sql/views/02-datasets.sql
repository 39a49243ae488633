create or replace view analysis.dataset as
select name as dataset,
       version as dataset_version,
       training_samples,
       test_samples,
       cardinality(class_names) as classes,
       class_names,
       channels,
       height,
       width,
       training_mean,
       training_standard_deviation,
       fingerprint,
       source,
       licence,
       imported_at,
       dataset_id
  from registry.dataset;
comment on view analysis.dataset is 'The data sets, a row for each version of each.';
comment on column analysis.dataset.dataset is 'Name of the data set.';
comment on column analysis.dataset.dataset_version is 'Counts the contents imported under this name, from 1.';
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
comment on column analysis.dataset.fingerprint is 'SHA-256 of the decoded content, in hexadecimal.';
comment on column analysis.dataset.source is 'Where the content came from.';
comment on column analysis.dataset.licence is 'Licence of the content.';
comment on column analysis.dataset.imported_at is 'When the content was stored.';
comment on column analysis.dataset.dataset_id is 'Key of the data set.';


create or replace view analysis.class_balance as
select dataset.name as dataset,
       dataset.version as dataset_version,
       sample.split,
       sample.label,
       dataset.class_names[sample.label + 1] as class_name,
       count(*) as samples,
       count(*)::double precision
           / case sample.split
                 when 'training' then dataset.training_samples
                 else dataset.test_samples
             end as share,
       dataset.dataset_id
  from registry.sample
  join registry.dataset using (dataset_id)
 group by dataset.dataset_id, sample.split, sample.label;
comment on view analysis.class_balance is 'Samples of each class in each split of a data set.';
comment on column analysis.class_balance.dataset is 'Name of the data set.';
comment on column analysis.class_balance.dataset_version is 'Its version.';
comment on column analysis.class_balance.split is 'training or test.';
comment on column analysis.class_balance.label is 'The class, from 0.';
comment on column analysis.class_balance.class_name is 'Its name.';
comment on column analysis.class_balance.samples is 'Samples of the class in the split.';
comment on column analysis.class_balance.share is 'Their share of the split, 0…1.';
comment on column analysis.class_balance.dataset_id is 'Key of the data set.';


create or replace view analysis.sample as
select dataset.name as dataset,
       dataset.version as dataset_version,
       sample.split,
       sample.index,
       sample.label,
       dataset.class_names[sample.label + 1] as class_name,
       sample.pixels,
       dataset.height,
       dataset.width,
       dataset.channels,
       sample.sample_id,
       dataset.dataset_id
  from registry.sample
  join registry.dataset using (dataset_id);
comment on view analysis.sample is 'The labelled images.';
comment on column analysis.sample.dataset is 'Name of the data set.';
comment on column analysis.sample.dataset_version is 'Its version.';
comment on column analysis.sample.split is 'training or test.';
comment on column analysis.sample.index is 'Position in the split, from 0.';
comment on column analysis.sample.label is 'The class, from 0.';
comment on column analysis.sample.class_name is 'Its name.';
comment on column analysis.sample.pixels is 'Intensities 0…255: channels × height × width bytes, row by row.';
comment on column analysis.sample.height is 'Rows of the image, in pixels.';
comment on column analysis.sample.width is 'Columns of the image, in pixels.';
comment on column analysis.sample.channels is 'Values of a pixel.';
comment on column analysis.sample.sample_id is 'Key of the sample.';
comment on column analysis.sample.dataset_id is 'Key of the data set.';
