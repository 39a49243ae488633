create or replace view analysis.sample_feature as
select split.dataset,
       split.dataset_version,
       split.split,
       sample.index,
       sample.label,
       measured.ink,
       measured.slant,
       measured.stroke_width,
       measured.sharpness,
       measured.box_width,
       measured.box_height,
       measured.box_width / nullif(measured.box_height, 0) as aspect,
       measured.cut_top,
       measured.cut_bottom,
       measured.cut_left,
       measured.cut_right,
       measured.pieces,
       measured.holes,
       class_distance.distance as class_distance,
       measured.sample_id,
       split.dataset_id
  from analysis.split
  join registry.sample using (split_id)
  join registry.sample_feature as measured using (sample_id)
  left join registry.class_distance
         on class_distance.training_split_id = split.training_split_id
        and class_distance.sample_id = sample.sample_id;
comment on view analysis.sample_feature is
    'The measured shape of every sample. What cannot be measured is null: everything of an image without ink, and what its column says.';
comment on column analysis.sample_feature.dataset is 'Name of the data set.';
comment on column analysis.sample_feature.dataset_version is 'Its version.';
comment on column analysis.sample_feature.split is 'training, validation or test.';
comment on column analysis.sample_feature.index is 'Position in the split, from 0.';
comment on column analysis.sample_feature.label is 'The class, from 0.';
comment on column analysis.sample_feature.ink is 'Mean intensity, 0…1.';
comment on column analysis.sample_feature.slant is 'Degrees from the vertical, positive to the right; null for ink in one row.';
comment on column analysis.sample_feature.stroke_width is 'Width of the strokes, in pixels.';
comment on column analysis.sample_feature.sharpness is 'Mean gradient relative to the largest intensity, per pixel; null where nothing varies.';
comment on column analysis.sample_feature.box_width is 'Width of the ink''s bounding box, in pixels.';
comment on column analysis.sample_feature.box_height is 'Height of the ink''s bounding box, in pixels.';
comment on column analysis.sample_feature.aspect is 'box_width / box_height.';
comment on column analysis.sample_feature.cut_top is 'Longest run on the topmost inked row, in stroke widths.';
comment on column analysis.sample_feature.cut_bottom is 'Longest run on the lowest inked row, in stroke widths.';
comment on column analysis.sample_feature.cut_left is 'Longest run on the leftmost inked column, in stroke widths.';
comment on column analysis.sample_feature.cut_right is 'Longest run on the rightmost inked column, in stroke widths.';
comment on column analysis.sample_feature.pieces is 'Pieces of ink that do not touch each other.';
comment on column analysis.sample_feature.holes is 'Regions of background that ink encloses.';
comment on column analysis.sample_feature.class_distance is
    'Root mean square difference from the mean training image of its class; null for a class without training images.';
comment on column analysis.sample_feature.sample_id is 'Key of the sample.';
comment on column analysis.sample_feature.dataset_id is 'Key of the data set.';


-- A feature is a column of registry.sample_feature (or made of them), a column of analysis.sample_feature, a line here,
-- and two in analysis.sorted_measures.
create or replace view analysis.sample_measure as
select distance.training_split_id,
       distance.sample_id,
       measure.feature,
       measure.value
  from registry.class_distance as distance
  join registry.sample_feature using (sample_id)
 cross join lateral (values ('ink', ink),
                            ('slant', slant),
                            ('stroke_width', stroke_width),
                            ('sharpness', sharpness),
                            ('box_width', box_width),
                            ('box_height', box_height),
                            ('aspect', box_width / nullif(box_height, 0)),
                            ('cut_top', cut_top),
                            ('cut_bottom', cut_bottom),
                            ('cut_left', cut_left),
                            ('cut_right', cut_right),
                            ('pieces', pieces),
                            ('holes', holes),
                            ('class_distance', distance),
                            ('empty', (ink is null)::integer::real)) as measure (feature, value);
comment on view analysis.sample_measure is
    'analysis.sample_feature with one row for each feature, and empty beside them: 1 for an image without ink, else 0.';
comment on column analysis.sample_measure.training_split_id is
    'Key of the training split from whose classes class_distance is measured.';
comment on column analysis.sample_measure.sample_id is 'Key of the sample.';
comment on column analysis.sample_measure.feature is 'A feature''s column of analysis.sample_feature, or empty.';
comment on column analysis.sample_measure.value is 'What was measured; null where it cannot be.';


create or replace function analysis.sorted_measures(
    of_dataset   bigint,
    of_split     text,
    out feature  text,
    out sorted   double precision[]
)
    returns setof record
    language sql
    set search_path = pg_catalog, pg_temp
    stable
as $$
    -- Each column is sorted by itself: in rows of features the same takes six times as long.
    select one.feature, one.sorted
      from (select array_agg(ink order by ink) filter (where ink is not null) as ink,
                   array_agg(slant order by slant) filter (where slant is not null) as slant,
                   array_agg(stroke_width order by stroke_width) filter (where stroke_width is not null) as stroke_width,
                   array_agg(sharpness order by sharpness) filter (where sharpness is not null) as sharpness,
                   array_agg(box_width order by box_width) filter (where box_width is not null) as box_width,
                   array_agg(box_height order by box_height) filter (where box_height is not null) as box_height,
                   array_agg(aspect order by aspect) filter (where aspect is not null) as aspect,
                   array_agg(cut_top order by cut_top) filter (where cut_top is not null) as cut_top,
                   array_agg(cut_bottom order by cut_bottom) filter (where cut_bottom is not null) as cut_bottom,
                   array_agg(cut_left order by cut_left) filter (where cut_left is not null) as cut_left,
                   array_agg(cut_right order by cut_right) filter (where cut_right is not null) as cut_right,
                   array_agg(pieces order by pieces) filter (where pieces is not null) as pieces,
                   array_agg(holes order by holes) filter (where holes is not null) as holes,
                   array_agg(class_distance order by class_distance) filter (where class_distance is not null)
                       as class_distance,
                   array_agg((ink is null)::integer::real order by ink is null) as empty
              from analysis.sample_feature
             where dataset_id = of_dataset
               and split = of_split) as every
     cross join lateral (values ('ink', ink),
                                ('slant', slant),
                                ('stroke_width', stroke_width),
                                ('sharpness', sharpness),
                                ('box_width', box_width),
                                ('box_height', box_height),
                                ('aspect', aspect),
                                ('cut_top', cut_top),
                                ('cut_bottom', cut_bottom),
                                ('cut_left', cut_left),
                                ('cut_right', cut_right),
                                ('pieces', pieces),
                                ('holes', holes),
                                ('class_distance', class_distance),
                                ('empty', empty)) as one (feature, sorted)
     where one.sorted is not null
$$;
comment on function analysis.sorted_measures(bigint, text) is
    'analysis.sample_measure of a split of a data set, as one array for each feature: what could be measured, in ascending order.';


create or replace view analysis.class_feature as
select dataset.name as dataset,
       dataset.version as dataset_version,
       usual.label,
       dataset.class_names[usual.label + 1] as class_name,
       usual.feature,
       usual.median,
       usual.deviation,
       dataset.dataset_id
  from registry.class_feature as usual
  join registry.dataset using (training_split_id);
comment on view analysis.class_feature is 'What is usual in a class: robust location and scale over its training samples.';
comment on column analysis.class_feature.dataset is 'Name of the data set.';
comment on column analysis.class_feature.dataset_version is 'Its version.';
comment on column analysis.class_feature.label is 'The class, from 0.';
comment on column analysis.class_feature.class_name is 'Its name.';
comment on column analysis.class_feature.feature is 'As in analysis.sample_measure.';
comment on column analysis.class_feature.median is 'Median of the feature.';
comment on column analysis.class_feature.deviation is
    '1.4826 times the median distance from the median: the standard deviation if the feature is normal.';
comment on column analysis.class_feature.dataset_id is 'Key of the data set.';


create or replace function registry.summarize_class_features(of_training_split bigint) returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    with value as (
        select sample.label,
               measure.feature,
               measure.value
          from registry.sample
          join analysis.sample_measure as measure
            on measure.training_split_id = of_training_split
           and measure.sample_id = sample.sample_id
         where sample.split_id = of_training_split
           and measure.value is not null
    ), centre as (
        select label, feature, percentile_cont(0.5) within group (order by value) as median
          from value
         group by label, feature
    )
    insert into registry.class_feature (training_split_id, label, feature, median, deviation)
    select of_training_split,
           label,
           feature,
           centre.median,
           1.4826 * percentile_cont(0.5) within group (order by abs(value.value - centre.median))
      from value
      join centre using (label, feature)
     group by label, feature, centre.median
    having count(*) > 1
        on conflict (training_split_id, label, feature) do nothing
$$;
comment on function registry.summarize_class_features(bigint) is
    'Fills class_feature of a training split from the features of its samples; a class of which a feature cannot be measured gets no row of it, nor one with a single value, which says nothing of deviations.';
