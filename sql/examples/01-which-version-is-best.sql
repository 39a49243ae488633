-- Which version of each model is the best, and how surely?
select model, version, test_correct, test_samples,
       round(test_accuracy_lower::numeric, 4) as from_accuracy,
       round(test_accuracy_upper::numeric, 4) as to_accuracy
  from analysis.model_version
 where dataset = 'mnist'
 order by test_accuracy desc;
