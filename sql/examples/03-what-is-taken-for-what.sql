-- Which digits does the network take for which, and how sure is it of that?
select label, predicted, samples, round(mean_confidence::numeric, 2) as mean_confidence
  from analysis.confusion
 where model = 'cnn' and version = 1
 order by samples desc, label, predicted
 limit 5;
