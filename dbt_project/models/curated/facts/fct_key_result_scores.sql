with held as (

    select
        scores.*,
        row_number() over (
            partition by scores.key_result_key order by scores.score_number desc
        ) as score_rank,
        min(scores.graded_date) over (partition by scores.key_result_key) as first_graded_date
    from {{ ref('int_scores_ordered') }} scores
    where scores.known_to = {{ end_of_time() }}
        and scores.graded_date <= {{ as_of_date() }}

),

final_scores as (

    select held.*
    from held
    where held.score_rank = 1
        and held.is_deleted = 0

),

key_results as (

    select * from {{ ref('dim_key_results') }}

),

judged as (

    select
        final_scores.*,
        key_results.source_system,
        key_results.source_instance,
        key_results.objective_key,
        key_results.cycle_key,
        key_results.team_key,
        key_results.commitment,
        key_results.commitment_basis,
        cycles.end_date as cycle_end_date,
        {{ attained('final_scores.score', 'final_scores.outcome', 'key_results.commitment') }} as attained,
        {{ attained('final_scores.score', 'final_scores.outcome', "'aspirational'") }} as attained_at_070
    from final_scores
    inner join key_results
        on final_scores.key_result_key = key_results.key_result_key
    left join {{ ref('dim_cycles') }} cycles
        on key_results.cycle_key = cycles.cycle_key

),

-- What the numbers said the day before the grade, not after it: a grade often closes the key result.
compared as (

    select
        judged.*,
        states.progress as last_progress
    from judged
    left join {{ ref('fct_key_result_states') }} states
        on judged.key_result_key = states.key_result_key
        and states.is_known_now = 1
        and {{ date_add_days('judged.graded_date', -1) }} >= states.valid_from
        and {{ date_add_days('judged.graded_date', -1) }} < states.valid_to

)

select
    compared.key_result_key,
    compared.source_system,
    compared.source_instance,
    compared.objective_key,
    compared.cycle_key,
    compared.team_key,
    compared.score,
    {{ as_share(clamp('compared.score')) }} as final_score,
    compared.outcome,
    case when compared.outcome in ('dropped', 'carried_forward') then 1 else 0 end as is_censored,
    {{ score_band('compared.score') }} as score_band,
    {{ score_zone('compared.score') }} as score_zone,
    compared.commitment,
    compared.commitment_basis,
    cast({{ attainment_threshold('compared.commitment') }} as numeric(3, 2)) as threshold,
    compared.attained,
    compared.attained_at_070,
    case
        when compared.attained is null then null
        when compared.score is not null then 'score'
        else 'outcome'
    end as attained_basis,
    compared.last_progress,
    {{ as_share(clamp('compared.score') ~ ' - compared.last_progress') }} as score_minus_progress,
    compared.graded_date,
    compared.graded_at,
    compared.graded_by,
    compared.score_method,
    compared.first_graded_date,
    cast({{ date_diff_days('compared.first_graded_date', 'compared.cycle_end_date') }} as integer)
        as count_days_to_grade,
    compared.recorded_at as label_available_at,
    compared.known_at,
    compared.publish_seq,
    compared.file_id,
    compared.row_number
from compared
