-- How much accuracy is lost when a digit is moved?
select strength as pixels_right,
       max(test_correct) filter (where model = 'mlp') as mlp_correct,
       max(test_correct) filter (where model = 'cnn') as cnn_correct
  from analysis.robustness
 where perturbation = 'shift right' and version = 1
 group by strength
 order by strength;
