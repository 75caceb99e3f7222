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

select dates.date_day
from dates
