-- A data set of ten test samples, classes 0 and 1 in turn, and three model versions of two architectures:
-- small@1 misses the samples 0, 1, 2; small@2 misses 0 and 3; big@1 misses 0 and 4; each with probability 0.8.

insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (1, repeat('1', 64), 4, 1, 1, 1, 2), (2, repeat('2', 64), 10, 1, 1, 1, 2);

insert into registry.sample (split_id, index, label, pixels)
select split_id, index, index % 2, '\x00'::bytea
  from registry.split, generate_series(0, samples - 1) as index;

insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('toy', 1, '{even,odd}', 1, 2, 0.1, 0.2, 'made', 'none');

-- Slants of −2 … 2 degrees, but the test samples 0 and 4 are tilted by 40.
insert into registry.sample_feature (sample_id, ink, slant, stroke_width, sharpness, box_width, box_height, cut_top,
                                     cut_bottom, cut_left, cut_right, pieces, holes)
select sample_id, 0.1, case when split_id = 2 and index in (0, 4) then 40 else index % 5 - 2 end, 2, 0.5, 10, 20, 1,
       1, 1, 1, 1, 0
  from registry.sample;
insert into registry.class_distance (training_split_id, sample_id, distance)
select 1, sample_id, 0.2 from registry.sample;
select registry.summarize_class_features(1);

insert into registry.model (name, last_version_number)
values ('small', 2), ('big', 1);

insert into registry.artifact (sha256, size, media_type)
values (repeat('1', 64), 8, 'application/x-safetensors');

create temporary table made (model text, number integer, run_id bigint, missed integer[]);
insert into made
values ('small', 1, 1, '{0,1,2}'), ('small', 2, 2, '{0,3}'), ('big', 1, 3, '{0,4}');

insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, started_at, finished_at)
overriding system value
select made.run_id, model.model_id, dataset.dataset_id, jsonb_build_object('architecture', made.model), 10, 1,
       'succeeded', 1, 1, now(), now()
  from made
  join registry.model on model.name = made.model
 cross join registry.dataset;

insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select run_id, 1, 0.1, 0.5, 4, 4, 1.5, 0.6, 10 - cardinality(missed), 10, 0.1
  from made;

insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select made.run_id, sample.sample_id, 1, 1 - sample.label, 0.8, 1.6,
       case sample.label when 0 then '{0.2,0.8}' else '{0.8,0.2}' end::real[]
  from made
  join registry.sample on sample.split_id = 2 and sample.index = any (made.missed);

insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256)
select model.model_id, made.number, made.run_id, 1, repeat('1', 64)
  from made
  join registry.model on model.name = made.model;

insert into registry.model_alias (model_id, alias, number)
select model_id, 'production', 1 from registry.model where name = 'small';

insert into registry.evaluation (model_id, number, perturbation, strength, test_loss, test_correct, test_samples,
                                 predictions, seconds)
select model_id, 1, 'rotation', strength, 0.6, correct, 10,
       array(select case when index < correct then index % 2 else 1 - index % 2 end
               from generate_series(0, 9) as index), 0.1
  from registry.model
 cross join (values (-10, 5), (-5, 7), (0, 7), (5, 8), (10, 7), (15, 6), (20, 7)) as measured (strength, correct)
 where name = 'small';

insert into registry.test_loss (run_id, epoch, losses)
select run_id, 1, array_fill(0.6::real, '{10}') from made;

-- The constraint that a statement violates, at once or at commit; null where it violates none.
create function pg_temp.violated(statement text) returns text language plpgsql as $$
declare
    violated text;
begin
    execute statement;
    set constraints all immediate;
    set constraints all deferred;
    return null;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics violated = constraint_name;
        return violated;
end
$$;
