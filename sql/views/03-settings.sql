create or replace view analysis.setting as
select model.name as model,
       run.run_id as run,
       run.epochs,
       jsonb_path_query_first(training, '$.optimizer ? (@.type() == "string")') #>> '{}' as optimizer,
       jsonb_path_query_first(training, '$.learning_rate ? (@.type() == "number")')::double precision as learning_rate,
       jsonb_path_query_first(training, '$.batch_size ? (@.type() == "number")')::bigint as batch_size,
       jsonb_path_query_first(training, '$.seed ? (@.type() == "number")')::numeric as seed,
       jsonb_path_query_first(training, '$.momentum ? (@.type() == "number")')::double precision as momentum,
       jsonb_path_query_first(training, '$.uses_nesterov ? (@.type() == "boolean")')::boolean as uses_nesterov,
       jsonb_path_query_first(training, '$.beta1 ? (@.type() == "number")')::double precision as beta1,
       jsonb_path_query_first(training, '$.beta2 ? (@.type() == "number")')::double precision as beta2,
       jsonb_path_query_first(training, '$.epsilon ? (@.type() == "number")')::double precision as epsilon,
       jsonb_path_query_first(training, '$.weight_decay ? (@.type() == "number")')::double precision as weight_decay,
       jsonb_path_query_first(training, '$.label_smoothing ? (@.type() == "number")')::double precision as label_smoothing,
       jsonb_path_query_first(training, '$.schedule.kind ? (@.type() == "string")') #>> '{}' as schedule,
       jsonb_path_query_first(training, '$.schedule.decay ? (@.type() == "number")')::double precision as schedule_decay,
       jsonb_path_query_first(training, '$.schedule.step_epochs ? (@.type() == "number")')::bigint as schedule_step_epochs,
       jsonb_path_query_first(training, '$.schedule.warmup_epochs ? (@.type() == "number")')::bigint as warmup_epochs,
       jsonb_path_query_first(training, '$.schedule.minimum ? (@.type() == "number")')::double precision
           as minimum_learning_rate,
       jsonb_path_query_first(training, '$.initialization ? (@.type() == "string")') #>> '{}' as initialization,
       jsonb_path_query_first(training, '$.shuffles ? (@.type() == "boolean")')::boolean as shuffles,
       jsonb_path_query_first(training, '$.augmentation.shift ? (@.type() == "number")')::double precision as shift,
       jsonb_path_query_first(training, '$.augmentation.rotation ? (@.type() == "number")')::double precision as rotation
  from registry.run
  join registry.model using (model_id)
 cross join lateral (select run.configuration -> 'training' as training) as configured
 where run.origin = 'trained';
comment on view analysis.setting is 'What each training was told, a column for each setting; null where the run was stored without it.';
comment on column analysis.setting.model is 'The model.';
comment on column analysis.setting.run is 'The run.';
comment on column analysis.setting.epochs is 'Epochs asked for.';
comment on column analysis.setting.optimizer is 'sgd, adam or another of registry trains --optimizer.';
comment on column analysis.setting.learning_rate is 'Learning rate before the schedule.';
comment on column analysis.setting.batch_size is 'Samples of a batch.';
comment on column analysis.setting.seed is 'What all random numbers come from.';
comment on column analysis.setting.momentum is 'Of SGD: share of the step before that is kept, 0…1.';
comment on column analysis.setting.uses_nesterov is 'Of SGD: whether the gradient is taken ahead of the momentum.';
comment on column analysis.setting.beta1 is 'Of Adam: decay of the mean gradient.';
comment on column analysis.setting.beta2 is 'Of Adam: decay of the mean squared gradient.';
comment on column analysis.setting.epsilon is 'Of Adam: what is added to the root of the mean squared gradient.';
comment on column analysis.setting.weight_decay is 'Share of the weights that a step takes away, times the learning rate.';
comment on column analysis.setting.label_smoothing is 'Probability that is spread over all classes.';
comment on column analysis.setting.schedule is 'How the learning rate changes: constant, step, cosine, ….';
comment on column analysis.setting.schedule_decay is 'Factor of a step.';
comment on column analysis.setting.schedule_step_epochs is 'Epochs between steps.';
comment on column analysis.setting.warmup_epochs is 'Epochs in which the learning rate rises.';
comment on column analysis.setting.minimum_learning_rate is 'Where the schedule ends.';
comment on column analysis.setting.initialization is 'How weights are drawn.';
comment on column analysis.setting.shuffles is 'Whether samples are learned in another order each epoch.';
comment on column analysis.setting.shift is 'Pixels by which training images are moved at most.';
comment on column analysis.setting.rotation is 'Degrees by which training images are turned at most.';
