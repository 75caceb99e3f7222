-- Objective progress recomputed row by row from its key results.
with parts as (

    select
        key_results.objective_key,
        key_results.progress,
        coalesce(key_results.weight, 1) as weight
    from {{ ref('fct_key_results') }} key_results
    where coalesce(key_results.lifecycle, 'active') not in ('dropped', 'draft')
        and coalesce(key_results.outcome, 'none') <> 'dropped'

),

sums as (

    select
        parts.objective_key,
        sum(parts.weight) as whole_weight,
        sum(case when parts.progress is null then 0 else parts.weight end) as known_weight,
        sum(case when parts.progress is null then 0 else parts.weight * parts.progress end) as weighted_progress
    from parts
    group by parts.objective_key

)

select
    rolled.objective_key,
    rolled.progress,
    rolled.coverage,
    sums.weighted_progress,
    sums.known_weight,
    sums.whole_weight
from {{ ref('fct_objective_progress') }} rolled
inner join sums
    on rolled.objective_key = sums.objective_key
where rolled.roll_up_method = 'own_key_results'
    and (
        (sums.known_weight = 0 and rolled.progress is not null)
        or (sums.known_weight > 0 and rolled.progress is null)
        or abs(rolled.progress * sums.known_weight - sums.weighted_progress) > 0.0001 * (1 + sums.known_weight)
        or abs(rolled.coverage * sums.whole_weight - sums.known_weight) > 0.0001 * (1 + sums.whole_weight)
    )
