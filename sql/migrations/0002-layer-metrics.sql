-- What training does inside the network: whether gradients vanish or explode, and whether units die.

create table registry.layer_metric (
    run_id           bigint           not null,
    epoch            integer          not null,
    layer            integer          not null,
    name             text             not null,
    gradient_norm    double precision,
    dead_unit_share  double precision,
    constraint layer_metric_pkey primary key (run_id, epoch, layer),
    constraint layer_metric_run_id_epoch_fkey
        foreign key (run_id, epoch) references registry.epoch_metric on delete cascade,
    constraint layer_metric_layer_check check (layer > 0),
    constraint layer_metric_dead_unit_share_check check (dead_unit_share between 0 and 1)
);
comment on table registry.layer_metric is
    'The health of a layer after an epoch: a row for each layer with weights and each ReLU layer.';
comment on column registry.layer_metric.run_id is 'The run.';
comment on column registry.layer_metric.epoch is 'Counts from 1.';
comment on column registry.layer_metric.layer is 'Position of the layer in the architecture, from 1.';
comment on column registry.layer_metric.name is 'Start of the names of its weights, e.g. conv1; its type where it has none.';
comment on column registry.layer_metric.gradient_norm is
    'Euclidean norm of the loss''s gradient by all its weights, in the last step of the epoch; null without weights; may be NaN or infinite.';
comment on column registry.layer_metric.dead_unit_share is
    'Of a ReLU layer, the share of units (channels or features) that were zero for all test samples, 0…1; else null.';
