-- What becomes of a model version's accuracy when the test images are changed.

create table registry.evaluation (
    model_id       bigint           not null,
    number         integer          not null,
    perturbation   text             not null,
    strength       double precision not null,
    test_loss      double precision not null,
    test_correct   integer          not null,
    test_samples   integer          not null,
    test_accuracy  double precision not null
        generated always as (test_correct::double precision / test_samples) stored,
    predictions    smallint[]       not null,
    seconds        double precision not null,
    evaluated_at   timestamptz      not null default now(),
    constraint evaluation_pkey primary key (model_id, number, perturbation, strength),
    constraint evaluation_model_id_number_fkey
        foreign key (model_id, number) references registry.model_version on delete cascade,
    constraint evaluation_test_correct_check check (test_correct between 0 and test_samples),
    constraint evaluation_test_samples_check check (test_samples > 0),
    constraint evaluation_predictions_check check (cardinality(predictions) = test_samples)
);
comment on table registry.evaluation is
    'A test of a model version on test images that were all changed in the same way. Never updated.';
comment on column registry.evaluation.model_id is 'The model.';
comment on column registry.evaluation.number is 'Its version.';
comment on column registry.evaluation.perturbation is
    'What was done to the images: shift right, shift down, rotation, blur, noise, clip top, clip bottom, clip left, clip right.';
comment on column registry.evaluation.strength is
    'How much of it: pixels of a shift or a blur''s deviation, degrees counter-clockwise, share of full intensity, rows or columns; 0 for images as they are.';
comment on column registry.evaluation.test_loss is 'Mean cross-entropy, in nats; may be NaN or infinite.';
comment on column registry.evaluation.test_correct is 'Test samples classified correctly.';
comment on column registry.evaluation.test_samples is 'Test samples.';
comment on column registry.evaluation.test_accuracy is 'test_correct / test_samples.';
comment on column registry.evaluation.predictions is 'The class predicted for each test sample, in order of index.';
comment on column registry.evaluation.seconds is 'Wall time of the test.';
comment on column registry.evaluation.evaluated_at is 'When it was stored.';

create function registry.check_evaluation() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    tested record;
    violated text;
begin
    select split.samples,
           cardinality(dataset.class_names) as classes,
           split.split_id
      into strict tested
      from registry.model_version as version
      join registry.run using (run_id)
      join registry.dataset using (dataset_id)
      join registry.split on split.split_id = dataset.test_split_id
     where version.model_id = new.model_id
       and version.number = new.number;
    if new.test_samples <> tested.samples then
        violated := 'evaluation_test_split_check';
    elsif exists (select
                    from unnest(new.predictions) as predicted
                   where not coalesce(predicted between 0 and tested.classes - 1, false)) then
        violated := 'evaluation_predictions_class_check';
    elsif new.test_correct <> (select count(*)
                                 from unnest(new.predictions) with ordinality as answer (predicted, position)
                                 join registry.sample
                                   on sample.split_id = tested.split_id
                                  and sample.index = answer.position - 1
                                  and sample.label = answer.predicted) then
        violated := 'evaluation_correct_count_check';
    else
        return null;
    end if;
    raise exception 'model %, version %, % %: % is violated',
                    new.model_id, new.number, new.perturbation, new.strength, violated
          using errcode = 'check_violation',
                schema = 'registry',
                table = 'evaluation',
                constraint = violated;
end
$$;
comment on function registry.check_evaluation() is
    'Refuses an evaluation that is not of the version''s test split, has predictions that are no class, or does not add up with test_correct.';

create trigger evaluation_content_check
    after insert or update on registry.evaluation
    for each row execute function registry.check_evaluation();
comment on trigger evaluation_content_check on registry.evaluation is
    'test_samples = samples of the test split, predictions are classes, and test_correct of them are the labels.';
