with grid as (

    select * from {{ ref('int_feature_grid') }}

),

objectives as (

    select
        objectives.*,
        row_number() over (
            partition by objectives.objective_key order by {{ ruling_order('objectives') }}
        ) as version_number
    from {{ ref('int_objectives_unioned') }} objectives

),

parents as (

    select distinct objectives.parent_objective_key as objective_key
    from objectives
    where objectives.parent_objective_key is not null

),

dates as (

    select distinct
        grid.as_of_date,
        grid.seen_until
    from grid

),

questions as (

    select
        grid.objective_key,
        grid.as_of_date,
        grid.seen_until
    from grid

    union

    select
        parents.objective_key,
        dates.as_of_date,
        dates.seen_until
    from parents
    cross join dates

),

ranked as (

    select
        questions.objective_key,
        questions.as_of_date,
        objectives.parent_objective_key,
        objectives.is_deleted,
        row_number() over (
            partition by questions.objective_key, questions.as_of_date order by objectives.version_number desc
        ) as version_rank
    from questions
    inner join objectives
        on questions.objective_key = objectives.objective_key
        and questions.as_of_date >= objectives.business_date
        and {{ held_at('objectives', 'questions.seen_until', 'known_at', 'known_until') }}

)

select
    ranked.objective_key,
    ranked.as_of_date,
    ranked.parent_objective_key
from ranked
where ranked.version_rank = 1
    and ranked.is_deleted = 0
