-- Sums and counts that differ from the rows they come from are found.
begin;
create extension pgtap;
\ir fixture.sql
select plan(3);

select is_empty('select * from registry.differences() where differing <> 0', 'nothing differs');
select is((select count(*) from registry.differences()), 17::bigint, 'of all that is checked');

-- Past the triggers, as a restored backup may be.
set local session_replication_role = replica;
update registry.missed_total set versions = versions + 1 where sample_id = (select min(sample_id) from registry.missed_total);
delete from registry.misclassification where run_id = 2 and sample_id = (select min(sample_id) from registry.misclassification where run_id = 2);
update registry.sample set label = 7 where split_id = 1 and index = 0;
update registry.sample_learning set forgotten = 5;
set local session_replication_role = origin;
select results_eq(
    $$select subject, differing from registry.differences() where differing <> 0 order by subject collate "C"$$,
    $$values ('epochs', 1::bigint), ('missed_sample', 1), ('missed_total', 2), ('sample_learning', 6), ('splits', 1),
             ('version_learning', 1)$$,
    'what differs, and in how many rows');

select * from finish();
rollback;
