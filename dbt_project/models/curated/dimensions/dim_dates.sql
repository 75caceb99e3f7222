with dates as (

    select * from {{ ref('int_dates') }}

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
