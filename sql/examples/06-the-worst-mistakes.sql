-- Where was the network surest, and wrong?
select index, label, predicted, round(confidence::numeric, 3) as confidence, round(loss::numeric, 2) as loss
  from analysis.misclassified_sample
 where model = 'cnn' and version = 1
 order by misclassified_sample.loss desc
 limit 5;
