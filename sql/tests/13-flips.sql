-- What a new version breaks, and what a new seed of the same recipe breaks anyway. By hand: small@1 misses the samples
-- 0, 1, 2, small@2 misses 0 and 3, big@1 misses 0 and 4.
begin;
create extension pgtap;
\ir fixture.sql
set constraints all immediate;
set constraints all deferred;
select plan(10);
-- Two seeds of one recipe, which the third version shares but for its name.
update registry.run
   set configuration = jsonb_build_object('architecture', case run_id when 3 then 'big' else 'small' end,
                                          'training', jsonb_build_object('seed', run_id, 'epochs', 1));
set constraints all immediate;
set local role registry_reader;

select results_eq(
    $$select change, index from analysis.flip
       where a_model = 'small' and a_version = 1 and b_model = 'small' and b_version = 2 order by index$$,
    $$values ('mended', 1), ('mended', 2), ('broken', 3)$$,
    'only the samples whose answer differs');
select results_eq(
    $$select change, samples, out_of, round(share::numeric, 6), round(share_lower::numeric, 6), round(share_upper::numeric, 6)
        from analysis.flip_counts('small', 1, 'small', 2)$$,
    -- statsmodels' proportion_confint(method='wilson').
    $$values ('broken', 1::bigint, 7::bigint, 0.142857, 0.025680, 0.513128), ('mended', 2, 3, 0.666667, 0.207660, 0.938508),
             ('changed', 0, 3, 0.000000, 0.000000, 0.561497)$$,
    'counts, and shares of what could be broken or mended');
select is_empty($$select * from analysis.flip_counts('small', 1, 'absent', 2)$$, 'there is nothing to say of one that is not there');
select is_empty($$select * from analysis.category_flips('absent', 1, 'small', 2)$$, 'nor by category');
select results_eq(
    $$select label::integer, samples, broken, mended, changed from analysis.class_flips('small', 1, 'small', 2)$$,
    $$values (0, 5::bigint, 0::bigint, 1::bigint, 0::bigint), (1, 5, 1, 1, 0)$$,
    'by class');
select results_eq(
    $$select label::integer, predicted::integer, before, now, come, gone from analysis.confusion_flips('small', 1, 'small', 2)$$,
    $$values (1, 0, 1::bigint, 1::bigint, 1::bigint, 1::bigint), (0, 1, 2, 1, 0, 1)$$,
    'by confusion: as many as before may be others');
select results_eq(
    $$select category, is_judged, samples, broken, mended, adjusted_p from analysis.category_flips('small', 1, 'small', 2)$$,
    $$values ('suspect label', true, 1::bigint, 0::bigint, 0::bigint, null::float8), ('tilted', true, 2, 0, 0, 1),
             (null, true, 8, 1, 2, null)$$,
    'by kind of image: what rests on answers is not tested, nor what has no name');

select results_eq(
    $$select seeds, pairs, mean_broken, least_broken, most_broken from analysis.seed_flips('small', 1)$$,
    'values (2::bigint, 2::bigint, 1.5::float8, 1::bigint, 2::bigint)', 'two seeds break one of the other''s, and two');
select ok(
    (select (analysis.seed_flips('small', 1)).recipe = (analysis.seed_flips('small', 2)).recipe
        and (analysis.seed_flips('small', 1)).recipe <> (analysis.seed_flips('big', 1)).recipe),
    'two seeds of a recipe have one, another architecture has another');
select results_eq(
    $$select seeds, pairs, mean_broken, least_broken, most_broken from analysis.seed_flips('big', 1)$$,
    'values (1::bigint, 0::bigint, null::float8, null::bigint, null::bigint)', 'one seed tells nothing');

select * from finish();
rollback;
