-- How many mistakes would its second choice have put right?
select count(*) as mistakes,
       count(*) filter (where (select count(*)
                                 from unnest(probabilities) as other
                                where other > probabilities[label + 1]) = 1) as second_choice_was_right
  from analysis.misclassified_sample
 where model = 'cnn' and version = 1;
