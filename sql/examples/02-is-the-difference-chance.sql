-- Is one network better than the other, or is that chance?
select only_a_correct as only_mlp_correct,
       only_b_correct as only_cnn_correct,
       round(accuracy_difference::numeric, 4) as difference,
       round(accuracy_difference_lower::numeric, 4) as from_difference,
       round(accuracy_difference_upper::numeric, 4) as to_difference,
       mcnemar_exact_p < 0.001 as is_significant
  from analysis.agreement
 where (a_model, a_version, b_model, b_version) = ('mlp', 1, 'cnn', 1);
