-- How common are unusual digits in either split?
select category, count(*) filter (where split = 'training') as training, count(*) filter (where split = 'test') as test
  from analysis.sample_category
 where category <> 'suspect label'
 group by category
 order by training desc;
