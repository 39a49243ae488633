-- For which digit is the convolutional network the greatest gain?
select label, mlp.correct as mlp_correct, cnn.correct as cnn_correct, cnn.correct - mlp.correct as gained
  from analysis.class_accuracy as mlp
  join analysis.class_accuracy as cnn using (label)
 where (mlp.model, mlp.version, cnn.model, cnn.version) = ('mlp', 1, 'cnn', 1)
 order by gained desc, label;
