-- Which labels of the test split would a person want to look at again?
select category.index, category.label, hard.commonest_prediction, round(hard.label_doubt::numeric, 3) as label_doubt
  from analysis.sample_category as category
  join analysis.sample_difficulty as hard using (sample_id)
 where category.category = 'suspect label'
 order by hard.label_doubt desc
 limit 5;
