with digits as (

    {% for digit in range(10) -%}
    select {{ digit }} as digit {{ from_nothing() }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

numbers as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as day_number
    from digits ones
    cross join digits tens
    cross join digits hundreds
    cross join digits thousands

),

dates as (

    select {{ date_add_days("date '2010-01-01'", 'numbers.day_number') }} as date_day
    from numbers

)

select
    dates.date_day,
    {{ week_start('dates.date_day') }} as week_start_date,
    cast(to_char(dates.date_day, 'IYYY') as integer) as iso_year,
    cast(to_char(dates.date_day, 'IW') as integer) as iso_week,
    cast(extract(year from dates.date_day) as integer) as calendar_year,
    cast(to_char(dates.date_day, 'Q') as integer) as calendar_quarter,
    cast(extract(month from dates.date_day) as integer) as calendar_month,
    case when dates.date_day = {{ week_start('dates.date_day') }} then 1 else 0 end as is_monday
from dates
