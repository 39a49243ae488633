-- How did the training loss fall at first?
select samples_seen, round(loss::numeric, 4) as loss
  from analysis.loss_curve
 where model = 'cnn' and version = 1
 order by samples_seen
 limit 5;
