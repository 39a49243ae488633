-- A retraining may end without a decision: the test samples are too few to show that nothing is lost.

alter table registry.retraining drop constraint retraining_outcome_check;
alter table registry.retraining add constraint retraining_outcome_check
    check (outcome in ('promoted', 'held back', 'not shown', 'failed'));
comment on column registry.retraining.outcome is
    'promoted, held back (a check of the gate failed), not shown (a check could not be decided) or failed (no version came of it).';

drop function if exists analysis.gate(bigint, bigint, double precision, double precision, double precision);
