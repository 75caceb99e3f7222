with objectives as (

    select
        objectives.*,
        coalesce(objectives.known_until, {{ end_of_time() }}) as held_until
    from {{ ref('int_objectives_unioned') }} objectives

),

numbered as (

    select
        objectives.*,
        row_number() over (
            partition by objectives.objective_key order by {{ ruling_order('objectives') }}
        ) as version_number
    from objectives

),

-- Number 0 stands for "not known": it fills the plane, so that every key result meets exactly one rectangle.
dated as (

    select
        numbered.objective_key,
        numbered.business_date as valid_from,
        numbered.known_at as known_from,
        numbered.held_until as known_to,
        numbered.version_number
    from numbered

    union all

    select distinct
        numbered.objective_key,
        {{ beginning_of_days() }} as valid_from,
        {{ beginning_of_time() }} as known_from,
        {{ end_of_time() }} as known_to,
        0 as version_number
    from numbered

),

moments as (

    select
        dated.objective_key,
        dated.known_from
    from dated

    union

    select
        dated.objective_key,
        dated.known_to as known_from
    from dated
    where dated.known_to < {{ end_of_time() }}

),

spans as (

    select
        moments.objective_key,
        moments.known_from,
        coalesce(
            lead(moments.known_from) over (partition by moments.objective_key order by moments.known_from),
            {{ end_of_time() }}
        ) as known_to
    from moments

),

points as (

    select
        spans.objective_key,
        spans.known_from,
        spans.known_to,
        dated.valid_from,
        max(dated.version_number) as version_number
    from spans
    inner join dated
        on spans.objective_key = dated.objective_key
        and spans.known_from >= dated.known_from
        and spans.known_from < dated.known_to
    group by spans.objective_key, spans.known_from, spans.known_to, dated.valid_from

),

rectangles as (

    select
        points.objective_key,
        points.known_from,
        points.known_to,
        points.valid_from,
        coalesce(
            lead(points.valid_from) over (
                partition by points.objective_key, points.known_from order by points.valid_from
            ),
            {{ end_of_days() }}
        ) as valid_to,
        max(points.version_number) over (
            partition by points.objective_key, points.known_from
            order by points.valid_from
            rows between unbounded preceding and current row
        ) as version_number
    from points

)

select
    rectangles.objective_key,
    rectangles.valid_from,
    rectangles.valid_to,
    rectangles.known_from,
    rectangles.known_to,
    cast(rectangles.version_number as integer) as version_number,
    case when numbered.is_deleted = 0 then numbered.lifecycle end as lifecycle,
    case when numbered.is_deleted = 0 then numbered.cycle_key end as cycle_key,
    case when numbered.is_deleted = 0 then numbered.team_key end as team_key
from rectangles
left join numbered
    on rectangles.objective_key = numbered.objective_key
    and rectangles.version_number = numbered.version_number
