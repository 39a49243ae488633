-- Statistics that the views share.

create or replace function analysis.wilson_interval(
    successes bigint,
    trials    bigint,
    out lower double precision,
    out upper double precision
)
    language sql
    immutable
    strict
    parallel safe
as $$
    -- E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    -- 1.959963984540054 is the 97.5 % quantile of the standard normal distribution.
    select case when successes = 0 then 0 else centre - half_width end,
           case when successes = trials then 1 else centre + half_width end
      from (select 1.959963984540054::double precision as z,
                   successes::double precision as s,
                   trials::double precision as n) as given,
           lateral (select (s + z * z / 2) / (n + z * z) as centre,
                           z / (n + z * z) * sqrt(s * (n - s) / n + z * z / 4) as half_width) as score
     where trials > 0
$$;
comment on function analysis.wilson_interval(bigint, bigint) is
    'The 95 % score interval of a proportion (Wilson, 1927); nulls when there were no trials.';
