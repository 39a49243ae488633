-- Distributions, from which the tests have their p values and the intervals their widths.

create or replace function analysis.complementary_error_function(x double precision)
    returns double precision
    language plpgsql
    set search_path = pg_catalog, pg_temp
    immutable
    strict
    parallel safe
as $$
-- M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions", 1964, 7.1.6 and 7.1.14.
declare
    term double precision := x;
    total double precision := x;
    fraction double precision := x;
begin
    if x = 'NaN' then
        return x;
    elsif x < 0 then
        return 2 - analysis.complementary_error_function(-x);
    elsif x > 26 then
        return 0;
    elsif x < 1e-20 then
        -- Its powers do not exist.
        return 1;
    elsif x < 2 then
        for n in 1..60 loop
            term := term * 2 * x * x / (2 * n + 1);
            total := total + term;
            exit when term <= total * 1e-18;
        end loop;
        return 1 - 2 / sqrt(pi()) * exp(-x * x) * total;
    else
        for n in reverse 120..1 loop
            fraction := x + n / 2.0 / fraction;
        end loop;
        return exp(-x * x) / sqrt(pi()) / fraction;
    end if;
end
$$;
comment on function analysis.complementary_error_function(double precision) is
    'erfc: 2/√π times the integral of exp(−t²) from x on, within 10⁻¹³.';


create or replace function analysis.chi_squared_p(chi_squared double precision, degrees bigint)
    returns double precision
    language plpgsql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
-- M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions", 1964, 26.4.4 and 26.4.5.
declare
    half double precision := chi_squared / 2;
    total double precision := 0;
    logarithm double precision;
begin
    if degrees not between 1 and 100000 then
        raise exception 'degrees of freedom must be between 1 and 100,000; % were given', degrees
              using errcode = 'numeric_value_out_of_range';
    elsif half <= 0 then
        return 1;
    elsif half = 'infinity' or half = 'NaN' then
        return case when half = 'NaN' then half else 0 end;
    end if;
    if degrees % 2 = 1 then
        total := analysis.complementary_error_function(sqrt(half));
        -- Γ(3/2) = √π / 2.
        logarithm := ln(half) / 2 - half - ln(pi()) / 2 + ln(2::double precision);
    else
        logarithm := -half;
    end if;
    for i in 1..degrees / 2 loop
        -- Smaller numbers do not exist.
        if logarithm > -708 then
            total := total + exp(logarithm);
        end if;
        logarithm := logarithm + ln(half / (i + (degrees % 2) / 2.0));
    end loop;
    return least(1, total);
end
$$;
comment on function analysis.chi_squared_p(double precision, bigint) is
    'The probability of at least this χ² with so many degrees of freedom.';


create or replace function analysis.student_t_quantile(degrees bigint)
    returns double precision
    language plpgsql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
-- M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions", 1964, 26.7.3 and 26.7.4 for few degrees of freedom,
-- 26.7.5 for many.
declare
    z constant double precision := 1.959963984540054;
    n constant double precision := degrees;
    lower double precision := 0;
    upper double precision := pi() / 2;
    angle double precision;
    square double precision;
    term double precision;
    total double precision;
begin
    if degrees < 1 then
        return null;
    elsif degrees >= 200 then
        return z
               + (z ^ 3 + z) / 4 / n
               + (5 * z ^ 5 + 16 * z ^ 3 + 3 * z) / 96 / n ^ 2
               + (3 * z ^ 7 + 19 * z ^ 5 + 17 * z ^ 3 - 15 * z) / 384 / n ^ 3
               + (79 * z ^ 9 + 776 * z ^ 7 + 1482 * z ^ 5 - 1920 * z ^ 3 - 945 * z) / 92160 / n ^ 4;
    end if;
    -- t = √n · tan(angle); the probability of −t … t is a sum of powers of the cosine.
    for step in 1..60 loop
        angle := (lower + upper) / 2;
        square := cos(angle) ^ 2;
        term := case when degrees % 2 = 1 then cos(angle) else 1 end;
        total := case when degrees > 1 then term else 0 end;
        for i in 1..(degrees - 2) / 2 loop
            term := term * square * (2 * i - 1 + degrees % 2) / (2 * i + degrees % 2);
            total := total + term;
        end loop;
        total := total * sin(angle);
        if degrees % 2 = 1 then
            total := 2 / pi() * (angle + total);
        end if;
        if total > 0.95 then
            upper := angle;
        else
            lower := angle;
        end if;
    end loop;
    return sqrt(n) * tan(angle);
end
$$;
comment on function analysis.student_t_quantile(bigint) is
    'The 97.5 % quantile of Student''s t distribution, within 10⁻¹⁰: how many standard errors a 95 % interval reaches to each side. Null without a degree of freedom.';


create or replace function analysis.even_odds_probability(successes bigint, trials bigint)
    returns double precision
    language plpgsql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
-- C. Loader, "Fast and accurate computation of binomial probabilities", 2000: the errors of Stirling's formula, and the
-- deviance by a series where logarithms would cancel.
declare
    failures constant bigint := trials - successes;
    share double precision;
    power_of_share double precision := 1;
    deviance double precision := 0;
    correction double precision := 0;
    item bigint;
    logarithm double precision;
begin
    if successes not between 0 and trials then
        return 0;
    elsif successes = 0 or failures = 0 then
        return case when trials > 1022 then 0 else power(0.5::double precision, trials) end;
    end if;
    -- Σ share²ʲ / (j (2j − 1)) = (1 + share) ln(1 + share) + (1 − share) ln(1 − share).
    share := abs(successes - failures)::double precision / trials;
    if share < 0.5 then
        for j in 1..30 loop
            power_of_share := power_of_share * share * share;
            exit when power_of_share < 1e-18 * deviance;
            deviance := deviance + power_of_share / (j * (2 * j - 1));
        end loop;
    else
        deviance := (1 + share) * ln(1 + share) + (1 - share) * ln(1 - share);
    end if;
    foreach item in array array[trials, successes, failures] loop
        logarithm := case
                         when item < 16 then
                             ln(factorial(item)::double precision) - (item + 0.5) * ln(item::double precision) + item
                             - ln(2 * pi()) / 2
                         else
                             (1 / 12.0::double precision
                              - (1 / 360.0::double precision
                                 - (1 / 1260.0::double precision
                                    - (1 / 1680.0::double precision - 1 / 1188.0::double precision / item / item)
                                      / item / item) / item / item) / item / item) / item
                     end;
        correction := correction + case when item = trials and correction = 0 then logarithm else -logarithm end;
    end loop;
    logarithm := correction - deviance * trials / 2
                 + ln(trials / (2 * pi() * successes * failures)) / 2;
    return case when logarithm < -708 then 0 else exp(logarithm) end;
end
$$;
comment on function analysis.even_odds_probability(bigint, bigint) is
    'The probability of so many successes in so many trials that succeed as often as they fail, within 10⁻¹².';


create or replace function analysis.normal_quantile(upper_tail double precision)
    returns double precision
    language plpgsql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
declare
    lower double precision := 0;
    upper double precision := 40;
    middle double precision;
begin
    if upper_tail not between 0 and 1 or upper_tail = 'NaN' then
        return null;
    elsif upper_tail > 0.5 then
        return -analysis.normal_quantile(1 - upper_tail);
    elsif upper_tail = 0 then
        return 'infinity';
    end if;
    for step in 1..60 loop
        middle := (lower + upper) / 2;
        if analysis.complementary_error_function(middle / sqrt(2::double precision)) > 2 * upper_tail then
            lower := middle;
        else
            upper := middle;
        end if;
    end loop;
    return (lower + upper) / 2;
end
$$;
comment on function analysis.normal_quantile(double precision) is
    'The value that a standard normal variable exceeds with a probability, within 10⁻¹²: 1.96 for 0.025. Null for what is no probability.';
