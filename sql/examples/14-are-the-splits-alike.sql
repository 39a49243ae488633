-- Does the test split look like the training split?
select feature, round(distance::numeric, 4) as distance, round(stability::numeric, 4) as stability_index
  from analysis.dataset
 cross join lateral analysis.feature_drift(dataset_id, 'training', dataset_id, 'test')
 where dataset = 'mnist'
 order by feature_drift.stability desc
 limit 3;
