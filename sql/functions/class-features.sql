create or replace function registry.summarize_class_features(of_training_split bigint) returns void
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    with value as (
        select sample.label,
               feature.name,
               feature.value
          from registry.sample
          join registry.sample_feature using (sample_id)
          join registry.class_distance
            on class_distance.training_split_id = of_training_split
           and class_distance.sample_id = sample.sample_id
         cross join lateral (values ('ink', ink), ('slant', slant), ('stroke_width', stroke_width),
                                    ('sharpness', sharpness), ('box_width', box_width), ('box_height', box_height),
                                    ('cut_top', cut_top), ('cut_bottom', cut_bottom), ('cut_left', cut_left),
                                    ('cut_right', cut_right), ('pieces', pieces), ('holes', holes),
                                    ('class_distance', distance)) as feature (name, value)
         where sample.split_id = of_training_split
    ), centre as (
        select label, name, percentile_cont(0.5) within group (order by value) as median
          from value
         group by label, name
    )
    insert into registry.class_feature (training_split_id, label, feature, median, deviation)
    select of_training_split,
           label,
           name,
           centre.median,
           1.4826 * percentile_cont(0.5) within group (order by abs(value.value - centre.median))
      from value
      join centre using (label, name)
     group by label, name, centre.median
        on conflict (training_split_id, label, feature) do nothing
$$;
comment on function registry.summarize_class_features(bigint) is
    'Fills class_feature of a training split from the features of its samples.';
