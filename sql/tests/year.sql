-- A year of nightly retrainings, judged by two rules. 10,000 test samples, of which 600 are hard: the n-th of them is missed
-- with a probability of n / 1000, so that each seed misses about 180 and two differ in about 216. In a recipe that sinks (or
-- improves), as when labels rot, the probabilities rise (or fall) by 0.0005 every night.
create function pg_temp.year(drift double precision, margin double precision)
    returns table (rule text, promoted integer, first_accuracy double precision, last_accuracy double precision,
                   expected_accuracy double precision)
    language plpgsql
as $$
declare
    production bit varying;
    best bit varying;
    candidate bit varying;
    expected double precision;
    misses bit varying[];
    passes boolean;
begin
    for night in 0..365 loop
        misses := misses || (select string_agg((random() < n / 1000.0 + drift * night)::integer::text, '' order by n)::bit varying
                               from generate_series(1, 600) as n);
    end loop;
    foreach rule in array array['significance', 'margin'] loop
        production := misses[1];
        best := production;
        promoted := 0;
        first_accuracy := 1 - pg_temp.ones(production) / 10000.0;
        expected := 0;
        for night in 1..365 loop
            candidate := misses[night + 1];
            passes := case rule
                          when 'significance' then pg_temp.is_not_significantly_worse(candidate, production)
                          else pg_temp.is_not_inferior(candidate, production, margin)
                               and (best = production or pg_temp.is_not_inferior(candidate, best, margin))
                      end;
            if passes then
                production := candidate;
                promoted := promoted + 1;
                expected := drift * night;
                if pg_temp.ones(candidate) < pg_temp.ones(best) then
                    best := candidate;
                end if;
            end if;
        end loop;
        last_accuracy := 1 - pg_temp.ones(production) / 10000.0;
        expected_accuracy := 1 - (select sum(least(1, greatest(0, n / 1000.0 + expected))) from generate_series(1, 600) as n) / 10000.0;
        return next;
    end loop;
end
$$;

create function pg_temp.ones(bits bit varying) returns bigint language sql as
    $$select length(replace(bits::text, '0', ''))$$;

create function pg_temp.is_not_significantly_worse(candidate bit varying, before bit varying) returns boolean language sql as $$
    select not (broken > mended and (analysis.mcnemar(broken, mended)).exact_p < 0.05)
      from (select pg_temp.ones(candidate & ~before) as broken, pg_temp.ones(before & ~candidate) as mended) as counted
$$;

create function pg_temp.is_not_inferior(candidate bit varying, before bit varying, margin double precision)
    returns boolean language sql as $$
    select outcome = 'passed'
      from analysis.noninferiority(pg_temp.ones(candidate & ~before), pg_temp.ones(before & ~candidate), 10000, margin, 0.05)
$$;
