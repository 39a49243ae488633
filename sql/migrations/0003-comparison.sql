-- What a comparison needs beside counts: the work of a network, and the loss of each single test sample.

alter table registry.run add column multiply_adds bigint;
comment on column registry.run.multiply_adds is
    'Multiplications with addition for one sample, forward; null for runs from before it was kept.';

create table registry.test_loss (
    run_id  bigint  not null,
    epoch   integer not null,
    losses  real[]  not null,
    constraint test_loss_pkey primary key (run_id, epoch),
    constraint test_loss_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade
);
comment on table registry.test_loss is
    'The loss of every test sample after the last epoch of a run, so that two versions can be compared sample by sample.';
comment on column registry.test_loss.run_id is 'The run.';
comment on column registry.test_loss.epoch is 'The epoch after which it was measured.';
comment on column registry.test_loss.losses is 'Cross-entropies in nats, in order of the samples'' index.';
