-- The measured shape of every sample, what is usual in its class, and from when on a deviation has a name.

create table registry.sample_feature (
    sample_id       bigint not null,
    ink             real   not null,
    slant           real   not null,
    stroke_width    real   not null,
    sharpness       real   not null,
    box_width       real   not null,
    box_height      real   not null,
    cut_top         real   not null,
    cut_bottom      real   not null,
    cut_left        real   not null,
    cut_right       real   not null,
    pieces          real   not null,
    holes           real   not null,
    class_distance  real   not null,
    constraint sample_feature_pkey primary key (sample_id),
    constraint sample_feature_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade
);
comment on table registry.sample_feature is
    'What is measured of a sample''s image when it is imported. Ink is every pixel with at least half of the image''s largest intensity.';
comment on column registry.sample_feature.sample_id is 'The sample.';
comment on column registry.sample_feature.ink is 'Mean intensity, 0…1.';
comment on column registry.sample_feature.slant is
    'Degrees from the vertical, positive to the right: arctan(−μ₁₁ / μ₀₂) with the intensities'' central moments.';
comment on column registry.sample_feature.stroke_width is
    'Pixels: four times the mean distance from the ink to the background.';
comment on column registry.sample_feature.sharpness is
    'Per pixel: the mean gradient, weighted by itself, divided by the largest intensity.';
comment on column registry.sample_feature.box_width is 'Pixels, of the ink''s bounding box.';
comment on column registry.sample_feature.box_height is 'Pixels, of the ink''s bounding box.';
comment on column registry.sample_feature.cut_top is
    'Longest run of ink on the topmost inked row, divided by the stroke width; large where the figure is cut flat.';
comment on column registry.sample_feature.cut_bottom is 'The same on the lowest inked row.';
comment on column registry.sample_feature.cut_left is 'The same on the leftmost inked column.';
comment on column registry.sample_feature.cut_right is 'The same on the rightmost inked column.';
comment on column registry.sample_feature.pieces is 'Pieces of ink that do not touch each other.';
comment on column registry.sample_feature.holes is 'Regions of background that ink encloses.';
comment on column registry.sample_feature.class_distance is
    'Root mean square difference from the mean training image of its class, with intensities 0…1.';

create table registry.class_feature (
    dataset_id  bigint           not null,
    label       smallint         not null,
    feature     text             not null,
    median      double precision not null,
    deviation   double precision not null,
    constraint class_feature_pkey primary key (dataset_id, label, feature),
    constraint class_feature_dataset_id_fkey foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint class_feature_deviation_check check (deviation >= 0)
);
comment on table registry.class_feature is 'What is usual in a class: robust location and scale over its training samples.';
comment on column registry.class_feature.dataset_id is 'The data set.';
comment on column registry.class_feature.label is 'The class.';
comment on column registry.class_feature.feature is 'A column of sample_feature.';
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
comment on column registry.error_category.feature is 'A column of sample_feature.';
comment on column registry.error_category.side is 'On which side of its class''s median the sample must lie: above or below.';
comment on column registry.error_category.threshold is 'How far from the median, in deviations.';
comment on column registry.error_category.minimum_deviation is
    'The deviation that is taken where the class''s own is smaller, in the feature''s unit.';

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
       ('unusual shape', 'class_distance', 'above', 2, 0.005);

create function registry.summarize_class_features(dataset bigint) returns void
    language sql
as $$
    with value as (
        select sample.label,
               feature.name,
               feature.value
          from registry.sample
          join registry.sample_feature using (sample_id)
         cross join lateral (values ('ink', ink), ('slant', slant), ('stroke_width', stroke_width),
                                    ('sharpness', sharpness), ('box_width', box_width), ('box_height', box_height),
                                    ('cut_top', cut_top), ('cut_bottom', cut_bottom), ('cut_left', cut_left),
                                    ('cut_right', cut_right), ('pieces', pieces), ('holes', holes),
                                    ('class_distance', class_distance)) as feature (name, value)
         where sample.dataset_id = dataset
           and sample.split = 'training'
    ), centre as (
        select label, name, percentile_cont(0.5) within group (order by value) as median
          from value
         group by label, name
    )
    insert into registry.class_feature (dataset_id, label, feature, median, deviation)
    select dataset,
           label,
           name,
           centre.median,
           1.4826 * percentile_cont(0.5) within group (order by abs(value.value - centre.median))
      from value
      join centre using (label, name)
     group by label, name, centre.median
        on conflict (dataset_id, label, feature) do update
       set median = excluded.median,
           deviation = excluded.deviation
$$;
comment on function registry.summarize_class_features(bigint) is
    'Fills class_feature of a data set from the features of its training samples.';
