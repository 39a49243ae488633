-- Which digit is the hardest for all?
select label, missed_samples, round(error_rate::numeric, 4) as error_rate,
       round(error_rate_lower::numeric, 4) as from_rate, round(error_rate_upper::numeric, 4) as to_rate
  from analysis.class_difficulty
 where dataset = 'mnist'
 order by class_difficulty.error_rate desc
 limit 3;
