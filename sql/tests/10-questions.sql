-- Thirty-three questions of an analyst, asked of the views. The right answers come from the table answer, from which
-- the rows are made: 120 test samples of four classes, every tenth tilted, three versions of cnn and one of mlp, three epochs each.
begin;
create extension pgtap;
select plan(33);

insert into registry.split (split_id, fingerprint, samples, channels, height, width, label_bound)
overriding system value
values (1, repeat('1', 64), 40, 1, 1, 1, 4), (2, repeat('2', 64), 120, 1, 1, 1, 4);
insert into registry.sample (split_id, index, label, pixels)
select split_id, index, index % 4, '\x00'::bytea
  from registry.split, generate_series(0, samples - 1) as index;
insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                              training_standard_deviation, source, licence)
values ('shapes', 1, '{dot,line,ring,star}', 1, 2, 0.1, 0.2, 'made', 'none');
insert into registry.sample_feature (sample_id, ink, slant, stroke_width, sharpness, box_width, box_height, cut_top,
                                     cut_bottom, cut_left, cut_right, pieces, holes)
select sample_id, 0.1, case when split_id = 2 and index % 10 = 0 then 40 else index / 4 % 5 - 2 end, 2, 0.5, 10, 20, 1, 1, 1,
       1, 1, 0
  from registry.sample;
insert into registry.class_distance (training_split_id, sample_id, distance)
select 1, sample_id, 0.2 from registry.sample;
select registry.summarize_class_features(1);
insert into registry.model (name, last_version_number) values ('cnn', 3), ('mlp', 1);

create temporary table made (run_id bigint, model text, version integer, weights text, rate float8, seconds float8);
insert into made
values (1, 'cnn', 1, repeat('a', 64), 0.1, 2), (2, 'cnn', 2, repeat('b', 64), 0.05, 2.5),
       (3, 'cnn', 3, repeat('c', 64), 0.01, 3), (4, 'mlp', 1, repeat('d', 64), 0.1, 0.5);
-- Sample 77 is taken for a dot by all; right answers have probabilities of 0.51 to 0.99, wrong ones of 0.4375 to 0.75.
create temporary table answer as
select run_id,
       epoch,
       index,
       index % 4 as label,
       case
           when not is_wrong then index % 4
           when index = 77 then 0
           else (index % 4 + 1 + (index + run_id) % 3) % 4
       end::smallint as predicted,
       is_wrong,
       case when is_wrong then 0.4375 + index % 6 / 16.0 else 0.5078125 + index % 32 / 64.0 end::float8 as confidence
  from (select run_id, epoch, index, index = 77 or (index * 7 + run_id * 13 + epoch * 5) % 17 < 7 - epoch - run_id % 2 as is_wrong
          from made, generate_series(1, 3) as epoch, generate_series(0, 119) as index) as given;
alter table answer add loss real;
update answer set loss = -ln(case when is_wrong then (1 - confidence) / 2 else confidence end);
create temporary view version_answer as
select made.model, made.version, answer.* from answer join made using (run_id) where epoch = 3;

insert into registry.artifact (sha256, size, media_type) select weights, 8, 'application/x-safetensors' from made;
insert into registry.run (run_id, model_id, dataset_id, configuration, parameter_count, epochs, state, epochs_finished,
                          attempts, queued_at, started_at, finished_at)
overriding system value
select run_id, model_id, dataset_id,
       jsonb_build_object('architecture', jsonb_build_object('name', made.model),
                          'training', jsonb_build_object('learning_rate', rate, 'optimizer', 'sgd')),
       10, 3, 'succeeded', 3, 1, now() - interval '10 s', now() - interval '7 s', now()
  from made
  join registry.model on model.name = made.model
 cross join registry.dataset;
insert into registry.run_attempt (run_id, fence, worker, started_at, ended_at, outcome)
select run_id, 1, 'vm', now() - interval '7 s', now(), 'succeeded' from made;
insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select run_id, epoch, rate, 1.0 / epoch, 30, 40, seconds + epoch, case when run_id = 2 and epoch = 3 then 2 else avg(loss) end,
       count(*) filter (where not is_wrong), 120, 0.1
  from answer
  join made using (run_id)
 group by run_id, epoch, rate, seconds;
insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select run_id, sample_id, epoch, predicted, confidence, loss,
       array(select case class
                        when predicted then confidence
                        when answer.label then (1 - confidence) / 2
                        else (1 - confidence) / 4
                    end::real
               from generate_series(0, 3) as class)
  from answer
  join registry.sample on sample.split_id = 2 and sample.index = answer.index
 where is_wrong;
insert into registry.test_loss (run_id, epoch, losses)
select run_id, 3, array_agg(loss order by index) from answer where epoch = 3 group by run_id;
insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256, registered_at)
select model_id, version, run_id, 3, weights, now() + run_id * interval '1 day'
  from made
  join registry.model on model.name = made.model;
insert into registry.retraining (model_id, run_id, production_number, finished_at, outcome, reason)
select model_id, 3, 2, now(), 'promoted', 'not worse' from registry.model where name = 'cnn';
insert into registry.model_alias (model_id, alias, number) select model_id, 'production', 2 from registry.model where name = 'cnn';
update registry.model_alias set number = 3;
insert into registry.evaluation (model_id, number, perturbation, strength, test_loss, test_correct, test_samples,
                                 predictions, seconds)
select model_id, 3, 'rotation', 30, 2, 90, 120, array(select case index % 4 when 2 then 1 else index % 4 end
                                                        from generate_series(0, 119) as index), 1
  from registry.model
 where name = 'cnn';

-- Twice the tail of a binomial distribution, as the definition says.
create function pg_temp.exact_p(a bigint, b bigint) returns float8 language sql as $$
    select least(1, 2 * sum(factorial(a + b) / factorial(k) / factorial(a + b - k)) / 2 ^ (a + b)::numeric)::float8
      from generate_series(0, least(a, b)) as k
$$;
create function pg_temp.near(float8, float8) returns boolean language sql as 'select abs($1 - $2) < 1e-6';
create temporary view pair as
select a.model as a_model, a.version as a_version, b.model as b_model, b.version as b_version, a.label, a.index,
       a.is_wrong as a_wrong, b.is_wrong as b_wrong
  from version_answer as a
  join version_answer as b using (index);

create temporary table disk as
select tablename::text, pg_total_relation_size(format('registry.%I', tablename)) as bytes from pg_tables where schemaname = 'registry';
-- scikit-learn's figures of the same answers (scripts/class-metrics-reference).
create temporary table metric (model text, version integer, metric text, which text, value float8, lower float8, upper float8);
\ir class-metrics.sql
-- numpy's and scikit-learn's (scripts/calibration-reference).
create temporary table calibration_error (
    model text, version integer, samples bigint, accuracy float8, confidence float8, width_error float8, width_lower float8,
    width_upper float8, mass_error float8, mass_lower float8, mass_upper float8, brier float8, reliability float8,
    resolution float8, uncertainty float8, nll float8);
create temporary table threshold (
    model text, version integer, wished float8, is_shown boolean, threshold float8, accepted bigint, errors bigint,
    risk_lower float8, risk_upper float8);
\ir calibration.sql
grant select on answer, version_answer, pair, made, disk, metric, calibration_error, threshold to registry_reader;
-- An analyst has the views and functions of analysis, and nothing else.
set local role registry_reader;

select results_eq(
    $$select label::integer, samples, only_a_correct, only_b_correct, round(mcnemar_exact_p::numeric, 9)
        from analysis.class_agreement
       where a_model = 'cnn' and a_version = 2 and b_model = 'cnn' and b_version = 3
       order by label$$,
    $$select label, count(*), lost, gained, round(pg_temp.exact_p(lost, gained)::numeric, 9)
        from (select label, index, count(*) filter (where b_wrong and not a_wrong) over class as lost,
                     count(*) filter (where a_wrong and not b_wrong) over class as gained
                from pair
               where a_model = 'cnn' and a_version = 2 and b_model = 'cnn' and b_version = 3
              window class as (partition by label)) as counted
       group by label, lost, gained
       order by label$$,
    'which class got worse between the last two, and whether that is chance');
select results_eq(
    $$select index from analysis.changed_prediction where model = 'cnn' and version = 3 and change = 'broken' order by index$$,
    $$select index from pair where a_model = 'cnn' and a_version = 2 and b_model = 'cnn' and b_version = 3 and b_wrong and not a_wrong
       order by index$$,
    'which samples flipped from right to wrong');
select is_empty(
    $$select known.*, found
        from metric as known
        left join (select model, version, metric, label::text as which, value, lower, upper
                     from analysis.class_metric
                    cross join lateral (values ('precision', precision, precision_lower, precision_upper),
                                               ('recall', recall, recall_lower, recall_upper), ('f1', f1, f1_lower, f1_upper))
                            as given (metric, value, lower, upper)) as found
             using (model, version, metric, which)
       where length(which) = 1
         and not coalesce(greatest(abs(found.value - known.value), abs(found.lower - known.lower), abs(found.upper - known.upper)) < 1e-12, false)$$,
    'precision, recall and F1 of each class');
select is_empty(
    $$select known.*, found
        from metric as known
       cross join lateral analysis.mean_class_metrics(known.model, known.version) as found
       where found.metric = known.metric
         and found.mean = known.which
         -- The derivatives are numerical.
         and (found.classes <> 4 or abs(found.value - known.value) > 1e-12 or abs(found.lower - known.lower) > 1e-9 or abs(found.upper - least(1, known.upper)) > 1e-9)$$,
    'their macro and weighted means');
select results_eq(
    $$select change, index, a_predicted::integer, b_predicted::integer, round(a_confidence::numeric, 5), round(b_confidence::numeric, 5)
        from analysis.flip where a_model = 'mlp' and b_model = 'cnn' and b_version = 3 order by index$$,
    $$select case when not a.is_wrong then 'broken' when not b.is_wrong then 'mended' else 'changed' end, index,
             a.predicted::integer, b.predicted::integer, round(a.confidence::numeric, 5), round(b.confidence::numeric, 5)
        from version_answer as a
        join version_answer as b using (index)
       where a.model = 'mlp' and b.model = 'cnn' and b.version = 3 and a.predicted <> b.predicted
       order by index$$,
    'what one version breaks, mends and changes of another, with both answers');
select results_eq(
    $$select label::integer, samples, broken, mended, changed, difference_lower < difference and difference < difference_upper
        from analysis.class_flips('mlp', 1, 'cnn', 3)$$,
    $$select a.label, count(*), count(*) filter (where not a.is_wrong and b.is_wrong), count(*) filter (where a.is_wrong and not b.is_wrong),
             count(*) filter (where a.is_wrong and b.is_wrong and a.predicted <> b.predicted), true
        from version_answer as a
        join version_answer as b using (index)
       where a.model = 'mlp' and b.model = 'cnn' and b.version = 3
       group by a.label
       order by a.label$$,
    'the same by class');
select results_eq(
    $$select label::integer, predicted::integer, samples, before, now, come, gone, round(difference::numeric, 9)
        from analysis.confusion_flips('mlp', 1, 'cnn', 3) order by label, predicted$$,
    $$select label, class, samples, before, now, come, gone, round(((now - before)::numeric / samples), 9)
        from (select a.label, class, count(*) as samples, count(*) filter (where a.predicted = class) as before,
                     count(*) filter (where b.predicted = class) as now,
                     count(*) filter (where b.predicted = class and a.predicted <> class) as come,
                     count(*) filter (where a.predicted = class and b.predicted <> class) as gone
                from version_answer as a
                join version_answer as b using (index)
               cross join generate_series(0, 3) as class
               where a.model = 'mlp' and b.model = 'cnn' and b.version = 3 and a.label <> class
               group by a.label, class) as counted
       where come + gone > 0
       order by label, class$$,
    'the same by confusion');
select results_eq(
    $$select coalesce(category, 'none'), is_judged, samples, broken, mended, changed from analysis.category_flips('mlp', 1, 'cnn', 3)
       where category is distinct from 'suspect label'$$,
    $$select case when index % 10 = 0 then 'tilted' else 'none' end, true, count(*), count(*) filter (where not a.is_wrong and b.is_wrong),
             count(*) filter (where a.is_wrong and not b.is_wrong),
             count(*) filter (where a.is_wrong and b.is_wrong and a.predicted <> b.predicted)
        from version_answer as a
        join version_answer as b using (index)
       where a.model = 'mlp' and b.model = 'cnn' and b.version = 3
       group by 1
       order by 1 desc$$,
    'the same by kind of image');
select results_eq(
    $$select label::integer, predicted::integer, samples from analysis.confusion_matrix where model = 'cnn' and version = 1
       order by label, predicted$$,
    $$select label, predicted, count(index)
        from generate_series(0, 3) as label
       cross join generate_series(0, 3) as predicted
        left join (select * from version_answer where model = 'cnn' and version = 1) as given using (label, predicted)
       group by label, predicted
       order by label, predicted$$,
    'the whole confusion matrix, with diagonal and zeros');
select results_eq(
    $$select version, samples
        from analysis.confusion_matrix
       where model = 'cnn' and class_name = 'dot' and predicted_name = 'line'
       order by registered_at$$,
    $$select version, count(*) filter (where label = 0 and predicted = 1) from version_answer where model = 'cnn'
       group by version order by version$$,
    'one class taken for another, over all versions');
select results_eq(
    $$select model, version, round(avg(confidence)::numeric, 6) from analysis.misclassified_sample group by model, version order by 1, 2$$,
    $$select model, version, round(avg(confidence)::numeric, 6) from version_answer where is_wrong group by model, version order by 1, 2$$,
    'how sure when wrong');
select ok(
    (select bool_and(pg_temp.near(found.error, right_.error))
       from (select model, version, sum(samples * abs(accuracy - mean_confidence)) / sum(samples) as error
               from analysis.calibration group by model, version) as found
       full join (select model, version, sum(abs(surplus)) / 120 as error
                    from (select model, version, sum((not is_wrong)::integer - confidence) as surplus
                            from version_answer group by model, version, floor(confidence * 10)) as bin
                   group by model, version) as right_ using (model, version)),
    'the expected calibration error of all answers');
select is_empty(
    $$select known, found
        from (select to_jsonb(given) - 'model' - 'version' as known, to_jsonb(made) as found
                from calibration_error as given
               cross join lateral analysis.calibration_error(given.model, given.version) as made) as pair
       cross join lateral jsonb_each_text(known) as figure
       where not coalesce(abs((found ->> figure.key)::float8 - figure.value::float8) < 1e-12, false)$$,
    'calibration errors, the Brier score, its parts and intervals');
select results_eq(
    $$select given.model, given.version, wished, found.is_shown, found.threshold::real, found.accepted, found.errors,
             round(found.risk_lower::numeric, 12), round(found.risk_upper::numeric, 12)
        from (select distinct model, version, wished from threshold) as given
       cross join lateral analysis.confidence_threshold(given.model, given.version, wished) as found
       order by 1, 2, 3, 4$$,
    $$select model, version, wished, is_shown, threshold::real, accepted, errors, round(risk_lower::numeric, 12),
             round(risk_upper::numeric, 12)
        from threshold order by 1, 2, 3, 4$$,
    'from which confidence on errors are as rare as wished');
select ok(
    (select bool_and(samples = 120 and pg_temp.near(error, known_error))
       from (select model, version, sum(found.samples) as samples,
                    sum(found.samples * abs(found.accuracy - found.mean_confidence)) / 120 as error, by_mass,
                    case when by_mass then mass_error else width_error end as known_error
               from calibration_error as given
              cross join (values (false), (true)) as kind (by_mass)
              cross join lateral analysis.reliability(given.model, given.version, 15, by_mass) as found
              group by model, version, by_mass, mass_error, width_error) as summed),
    'the bins of a diagram add up to the error');
select ok(
    (select pg_temp.near(percentile_cont(0.9) within group (order by kept), max(known.loss))
       from (select unnest(losses) as kept from analysis.test_loss where model = 'mlp') as found
      cross join (select percentile_cont(0.9) within group (order by loss) as loss from version_answer where model = 'mlp') as known),
    'percentiles of the losses');
select results_eq(
    $$select label::integer, samples, errors from analysis.category_class_error where model = 'cnn' and version = 3 and category = 'tilted'
       order by label$$,
    $$select label, count(*), count(*) filter (where is_wrong) from version_answer where model = 'cnn' and version = 3 and index % 10 = 0
       group by label order by label$$,
    'the error rate of the tilted samples of a class');
select results_eq(
    $$select model, version, avg(training_seconds) from analysis.epoch group by model, version order by 1, 2$$,
    $$select model, version, seconds + 2 from made order by 1, 2$$, 'the time of an epoch');
select results_eq(
    $$select retraining.run, retraining.outcome, old.test_correct, new.test_correct, round(agreement.mcnemar_exact_p::numeric, 9)
        from analysis.retraining
        join analysis.model_version as old on old.model = retraining.model and old.version = retraining.production_version
        join analysis.model_version as new on new.model = retraining.model and new.version = retraining.version
        join analysis.agreement
          on a_model = old.model and a_version = old.version and b_model = new.model and b_version = new.version$$,
    $$select 3::bigint, 'promoted', count(*) filter (where not a_wrong)::integer, count(*) filter (where not b_wrong)::integer,
             round(pg_temp.exact_p(count(*) filter (where b_wrong and not a_wrong), count(*) filter (where a_wrong and not b_wrong))::numeric, 9)
        from pair where a_model = 'cnn' and a_version = 2 and b_model = 'cnn' and b_version = 3$$,
    'what a retraining led to, with accuracies and p');
select results_eq(
    $$select version, held_until is null, held_from < coalesce(held_until, 'infinity'), set_by = session_user from analysis.alias_history
       where model = 'cnn' and alias = 'production' order by held_from$$,
    $$values (2, false, true, true), (3, true, true, true)$$, 'who was in production, since when, by whom');
select results_eq(
    $$select optimizer, learning_rate from analysis.setting join analysis.run using (model, run) order by test_correct desc, run limit 1$$,
    $$select 'sgd', rate from made join answer using (run_id) where epoch = 3 group by run_id, rate
       order by count(*) filter (where not is_wrong) desc, run_id limit 1$$,
    'which setting is best');
select results_eq(
    'select index from analysis.sample_difficulty where missed_by_all order by index',
    'select index from version_answer group by index having bool_and(is_wrong) order by index', 'wrong in every version');
select results_eq(
    $$select index, missed_by from analysis.dataset
       cross join lateral analysis.hard_samples(dataset_id, 'cnn', 1::smallint) join analysis.sample using (dataset_id, sample_id)
       order by missed_by desc, index$$,
    $$select index, count(*) from version_answer where model = 'cnn' and label = 1 and is_wrong group by index order by 2 desc, 1$$,
    'the hardest of a class for a model');
select results_eq(
    $$select run, epoch
        from (select run, epoch, test_loss > lag(test_loss) over earlier and training_loss < lag(training_loss) over earlier as is_over
                from analysis.epoch window earlier as (partition by run order by epoch)) as followed
       where is_over$$,
    $$select 2::bigint, 3$$, 'epochs after which the training loss falls and the test loss rises');
select is(
    (select count(*) from (select index, label, mode() within group (order by predicted) as vote
                             from analysis.prediction where model = 'cnn' group by index, label) as voted where vote = label),
    (select count(*) from (select distinct on (index) index, label, predicted
                             from (select index, label, predicted, count(*) as votes from version_answer where model = 'cnn'
                                    group by index, label, predicted) as counted
                            order by index, votes desc, predicted) as voted where predicted = label),
    'whether a vote of all versions would be better');
select results_eq(
    $$select a_model, a_version, b_model, b_version, only_a_correct + only_b_correct from analysis.agreement
       where (a_model, a_version) < (b_model, b_version) order by 5 desc, 1, 2, 3, 4$$,
    $$select a_model, a_version, b_model, b_version, count(*) filter (where a_wrong <> b_wrong) from pair
       where (a_model, a_version) < (b_model, b_version) group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4$$,
    'which pairs differ most');
select results_eq(
    $$select index, predicted::integer from analysis.missed_sample join analysis.sample using (sample_id)
       where model = 'cnn' and versions = 3 order by index$$,
    $$select index, min(predicted)::integer from version_answer where model = 'cnn' and is_wrong group by index
      having count(*) = 3 and min(predicted) = max(predicted) order by index$$,
    'the same wrong class in all versions of a model');
select results_eq(
    $$select class_name, predicted_name, count(*) from analysis.perturbed_prediction
       where model = 'cnn' and version = 3 and perturbation = 'rotation' and strength = 30 and not is_correct group by 1, 2$$,
    $$values ('ring', 'line', 30::bigint)$$, 'which classes break when turned by 30 degrees');
select results_eq(
    'select table_name, bytes from analysis.storage order by table_name', 'select tablename, bytes from disk order by tablename',
    'the disk that each table takes');
select results_eq(
    $$select epoch, count(*) filter (where label = 0 and predicted = 1) from analysis.epoch_misclassification where run = 1
       group by epoch order by epoch$$,
    $$select epoch, count(*) filter (where label = 0 and predicted = 1) from answer where run_id = 1 group by epoch order by epoch$$,
    'when in a run an error vanished');
select results_eq(
    $$select version, run, dataset, dataset_version, weights_sha256 from analysis.model_version where 'production' = any (aliases)$$,
    $$select 3, 3::bigint, 'shapes', 1, repeat('c', 64)$$, 'where what is in production comes from');
select results_eq(
    $$select run, extract(epoch from run.started_at - queued_at)::integer, extract(epoch from run.finished_at - run.started_at)::integer,
             count(attempt.fence)
        from analysis.run join analysis.attempt using (run) group by 1, 2, 3 order by 1$$,
    'select run_id, 3, 7, 1::bigint from made order by 1', 'waiting, training, and how many attempts');
select results_eq(
    $$select version, samples, errors, round(error_rate_outside::numeric, 9) from analysis.category_error
       where model = 'cnn' and category = 'tilted' order by version$$,
    $$select version, count(*) filter (where index % 10 = 0), count(*) filter (where index % 10 = 0 and is_wrong),
             round(count(*) filter (where index % 10 <> 0 and is_wrong) / 108.0, 9)
        from version_answer where model = 'cnn' group by version order by version$$,
    'whether a category gets better over the versions');

select * from finish();
rollback;
