-- Do digits fail because they are drawn in an unusual way? A ratio whose interval is above 1 says yes.
select category, samples, errors,
       round(ratio::numeric, 1) as ratio,
       round(ratio_lower::numeric, 1) as from_ratio,
       round(ratio_upper::numeric, 1) as to_ratio
  from analysis.category_error
 where model = 'cnn' and version = 1
   and ratio_lower > 1
 order by category_error.ratio desc;
