-- Which samples does every architecture get wrong, most surely first?
select index, label, commonest_prediction, missed_by, round(mean_confidence::numeric, 3) as mean_confidence
  from analysis.sample_difficulty
 where dataset = 'mnist' and missed_share = 1
 order by sample_difficulty.mean_confidence desc
 limit 5;
