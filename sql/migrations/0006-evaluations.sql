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
comment on table registry.evaluation is 'A test of a model version on test images that were all changed in the same way.';
comment on column registry.evaluation.model_id is 'The model.';
comment on column registry.evaluation.number is 'Its version.';
comment on column registry.evaluation.perturbation is
    'What was done to the images: shift right, shift down, rotation, blur, noise, clip top, clip bottom, clip left, clip right.';
comment on column registry.evaluation.strength is
    'How much of it: pixels of a shift or a blur''s deviation, degrees counter-clockwise, share of full intensity, rows or columns; 0 for images as they are.';
comment on column registry.evaluation.test_loss is 'Mean cross-entropy, in nats; may be NaN or infinite.';
comment on column registry.evaluation.test_correct is 'Test samples classified rightly.';
comment on column registry.evaluation.test_samples is 'Test samples.';
comment on column registry.evaluation.test_accuracy is 'test_correct / test_samples.';
comment on column registry.evaluation.predictions is 'The class predicted for each test sample, in order of index.';
comment on column registry.evaluation.seconds is 'Wall time of the test.';
comment on column registry.evaluation.evaluated_at is 'When it was stored.';
