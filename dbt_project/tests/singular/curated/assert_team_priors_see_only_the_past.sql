-- Team labels of a part of the feature rows, counted by brute force: grades of cycles that were over and were recorded
-- before the as-of date was over.
with sampled as (

    select
        features.key_result_key,
        features.as_of_date,
        features.cycle_key,
        features.team_labels_prior,
        grid.team_key,
        grid.seen_until
    from {{ ref('ml_key_result_features') }} features
    inner join {{ ref('int_feature_grid') }} grid
        on features.key_result_key = grid.key_result_key
        and features.as_of_date = grid.as_of_date
    where features.key_result_key < '03'

),

first_grades as (

    select
        grades.key_result_key,
        grades.team_key,
        grades.cycle_key,
        cycles.end_date,
        min(scores.recorded_at) as recorded_at
    from {{ ref('ml_key_result_labels') }} labels
    inner join {{ ref('fct_key_result_scores') }} grades
        on labels.key_result_key = grades.key_result_key
    inner join {{ ref('dim_cycles') }} cycles
        on grades.cycle_key = cycles.cycle_key
    inner join {{ ref('int_scores_ordered') }} scores
        on grades.key_result_key = scores.key_result_key
        and scores.is_deleted = 0
    group by grades.key_result_key, grades.team_key, grades.cycle_key, cycles.end_date

),

counted as (

    select
        sampled.key_result_key,
        sampled.as_of_date,
        count(first_grades.key_result_key) as count_labels
    from sampled
    left join first_grades
        on sampled.team_key = first_grades.team_key
        and sampled.cycle_key <> first_grades.cycle_key
        and sampled.as_of_date > first_grades.end_date
        and sampled.seen_until > first_grades.recorded_at
    group by sampled.key_result_key, sampled.as_of_date

)

select
    sampled.key_result_key,
    sampled.as_of_date,
    sampled.team_labels_prior,
    counted.count_labels
from sampled
inner join counted
    on sampled.key_result_key = counted.key_result_key
    and sampled.as_of_date = counted.as_of_date
where sampled.team_labels_prior <> counted.count_labels
