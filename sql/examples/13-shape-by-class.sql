-- How is each digit usually drawn?
select label, count(*) as samples,
       round(percentile_cont(0.5) within group (order by slant)::numeric, 1) as median_slant,
       round(percentile_cont(0.5) within group (order by stroke_width)::numeric, 2) as median_stroke_width,
       round(avg(ink)::numeric, 3) as mean_ink
  from analysis.sample_feature
 where dataset = 'mnist' and split = 'training'
 group by label
 order by label;
