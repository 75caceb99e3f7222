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
        ) as known_to,
        row_number() over (partition by moments.objective_key order by moments.known_from) as span_number
    from moments

),

points as (

    select
        spans.objective_key,
        spans.span_number,
        spans.known_from,
        spans.known_to,
        dated.valid_from,
        max(dated.version_number) as version_number
    from spans
    inner join dated
        on spans.objective_key = dated.objective_key
        and spans.known_from >= dated.known_from
        and spans.known_from < dated.known_to
    group by spans.objective_key, spans.span_number, spans.known_from, spans.known_to, dated.valid_from

),

filled as (

    select
        points.objective_key,
        points.span_number,
        points.known_from,
        points.known_to,
        points.valid_from,
        max(points.version_number) over (
            partition by points.objective_key, points.span_number
            order by points.valid_from
            rows between unbounded preceding and current row
        ) as version_number
    from points

),

attributed as (

    select
        filled.*,
        case when numbered.is_deleted = 0 then numbered.lifecycle end as lifecycle,
        case when numbered.is_deleted = 0 then numbered.cycle_key end as cycle_key,
        case when numbered.is_deleted = 0 then numbered.team_key end as team_key
    from filled
    left join numbered
        on filled.objective_key = numbered.objective_key
        and filled.version_number = numbered.version_number

),

signed as (

    select
        attributed.*,
        coalesce(attributed.lifecycle, '-') || '|' || coalesce(attributed.cycle_key, '-') || '|'
        || coalesce(attributed.team_key, '-') as content
    from attributed

),

-- Versions that differ in nothing a key result inherits (a new title, say) are no change, neither of days ...
compared as (

    select
        signed.*,
        lag(signed.content) over (
            partition by signed.objective_key, signed.span_number order by signed.valid_from
        ) as content_before
    from signed

),

changes as (

    select
        compared.*,
        coalesce(
            lead(compared.valid_from) over (
                partition by compared.objective_key, compared.span_number order by compared.valid_from
            ),
            {{ end_of_days() }}
        ) as valid_to
    from compared
    where coalesce(compared.content_before, 'none') <> compared.content

),

-- ... nor of knowledge.
islands as (

    select
        changes.*,
        changes.span_number - row_number() over (
            partition by changes.objective_key, changes.valid_from, changes.valid_to, changes.content
            order by changes.span_number
        ) as island_number
    from changes

)

select
    islands.objective_key,
    islands.valid_from,
    islands.valid_to,
    min(islands.known_from) as known_from,
    max(islands.known_to) as known_to,
    islands.lifecycle,
    islands.cycle_key,
    islands.team_key
from islands
group by
    islands.objective_key,
    islands.valid_from,
    islands.valid_to,
    islands.content,
    islands.island_number,
    islands.lifecycle,
    islands.cycle_key,
    islands.team_key
