-- Adds runs :first to :last, each of 10 epochs with 100 misclassified test samples, to a database that has MNIST.
-- Twenty models share :architectures architectures. Hard samples are missed more often: of 100 misses of an epoch, the g-th falls
-- anywhere in (g − 1)² … g² − 1.

set session_replication_role = replica;
set synchronous_commit = off;
select setseed(0.5);

insert into registry.model (name)
select 'model-' || number
  from generate_series(0, 19) as number
    on conflict (name) do nothing;

insert into registry.artifact (sha256, size, media_type)
values (repeat('0', 64), 0, 'application/x-safetensors')
    on conflict (sha256) do nothing;

create temporary table generated as
select number,
       nextval('registry.run_run_id_seq') as run_id,
       model.model_id,
       now() - (10000 - number) * interval '1 hour' as finished_at
  from generate_series(:first, :last) as number
  join registry.model on model.name = 'model-' || number % 20;

create temporary table network as
select number,
       registry.architecture_of(jsonb_build_object('architecture', jsonb_build_object('layers', number))) as architecture_id
  from generate_series(0, :architectures - 1) as number;

insert into registry.run (run_id, model_id, dataset_id, architecture_id, configuration, parameter_count, multiply_adds, epochs, state,
                          epochs_finished, attempts, started_at, finished_at, host, processor, threads, program_version)
overriding system value
select generated.run_id, generated.model_id, dataset.dataset_id, network.architecture_id,
       jsonb_build_object('architecture', jsonb_build_object('name', 'network', 'layers', network.number),
                          'training', jsonb_build_object('seed', generated.number, 'batch_size', 64)),
       100000, 100000, 10, 'succeeded', 10, 1,
       generated.finished_at - interval '10 seconds', generated.finished_at, 'host', 'processor', 2, '0'
  from generated
  join network on network.number = generated.number % :architectures
 cross join registry.dataset
 where dataset.name = 'mnist';

insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                   training_seconds, test_loss, test_correct, test_samples, test_seconds)
select run_id, epoch, 0.01, 1.0 / epoch, 59000, 60000, 0.5, 1.0 / epoch, 9900, 10000, 0.05
  from generated
 cross join generate_series(1, 10) as epoch;

create temporary table answer as
select predicted,
       array(select case when class = predicted then 0.6 else 0.4 / 9 end::real
               from generate_series(0, 9) as class) as probabilities
  from generate_series(0, 9) as predicted;

insert into registry.misclassification (run_id, sample_id, epoch, predicted, confidence, loss, probabilities)
select missed.run_id, sample.sample_id, missed.epoch, answer.predicted, 0.6, 1.5, answer.probabilities
  from (select run_id, epoch,
               power(g - 1, 2)::integer + floor(random() * (2 * g - 1))::integer as index,
               1 + floor(random() * 2)::integer as turn
          from generated
         cross join generate_series(1, 10) as epoch
         cross join generate_series(1, 100) as g) as missed
  join registry.dataset
    on dataset.name = 'mnist'
  join registry.sample
    on sample.split_id = dataset.test_split_id
   and sample.index = missed.index
  join answer
    on answer.predicted = (sample.label + missed.turn) % 10
 order by missed.run_id, missed.epoch, sample.sample_id;

insert into registry.model_version (model_id, number, run_id, epoch, weights_sha256, registered_at)
select generated.model_id,
       model.last_version_number + row_number() over (partition by generated.model_id order by generated.number),
       generated.run_id, 10, repeat('0', 64), generated.finished_at
  from generated
  join registry.model using (model_id);

update registry.model
   set last_version_number = coalesce((select max(number)
                                         from registry.model_version
                                        where model_version.model_id = model.model_id), 0);

-- Compare reads the losses of the newest versions.
insert into registry.test_loss (run_id, epoch, losses)
select model_version.run_id, 10, (select array_agg(random()::real) from generate_series(1, 10000))
  from registry.model_version
  join registry.model
    on model.model_id = model_version.model_id
   and model.last_version_number = model_version.number
    on conflict (run_id, epoch) do nothing;

-- One transaction a version, as when they are registered: dead rows can then be reused.
do $$
declare
    version record;
begin
    for version in select run_id from generated order by number loop
        perform registry.count_version(version.run_id, 10, 1);
        commit;
    end loop;
end
$$;
vacuum analyze;
