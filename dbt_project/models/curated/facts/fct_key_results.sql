with key_results as (

    select * from {{ ref('dim_key_results') }}

),

states as (

    select states.*
    from {{ ref('fct_key_result_states') }} states
    where states.is_known_now = 1
        and states.valid_from <= {{ as_of_date() }}
        and states.valid_to > {{ as_of_date() }}

),

measured as (

    select
        key_results.*,
        states.state_key,
        states.cycle_start_date,
        states.cycle_end_date,
        states.latest_value,
        states.value_date,
        states.progress_raw,
        states.progress,
        states.is_holding,
        states.confidence,
        states.status_raw,
        states.status_severity,
        states.status_meaning,
        states.check_in_key as last_check_in_key,
        states.value_check_in_key,
        states.check_in_date as last_check_in_date,
        {{ elapsed_share(as_of_date(), 'states.cycle_start_date', 'states.cycle_end_date') }} as elapsed
    from key_results
    left join states
        on key_results.key_result_key = states.key_result_key

),

expected as (

    select
        measured.*,
        {{ expected_progress('measured.key_result_kind', 'measured.commitment', 'measured.elapsed',
            'measured.start_value', 'measured.target_value') }} as expected_progress
    from measured

)

select
    expected.key_result_key,
    expected.source_system,
    expected.source_instance,
    {{ as_of_date() }} as as_of_date,
    expected.key_result_title,
    expected.key_result_kind,
    expected.unit,
    expected.owner_name,
    expected.priority,
    expected.weight,
    expected.commitment,
    expected.commitment_basis,
    expected.lifecycle,
    expected.objective_key,
    expected.objective_title,
    expected.cycle_key,
    expected.cycle_name,
    expected.cycle_start_date,
    expected.cycle_end_date,
    expected.team_key,
    expected.team_name,
    expected.start_value,
    expected.target_value,
    expected.lower_bound,
    expected.upper_bound,
    expected.latest_value,
    expected.value_date,
    expected.progress_raw,
    expected.progress,
    expected.is_holding,
    case when expected.progress is not null then 1 else 0 end as has_progress,
    {{ score_zone('expected.progress') }} as progress_zone,
    expected.elapsed,
    expected.expected_progress,
    {{ pace_gap('expected.expected_progress', 'expected.progress') }} as pace_gap,
    {{ pace_ratio('expected.expected_progress', 'expected.progress', 'expected.elapsed') }} as pace_ratio,
    {{ pace_zone('expected.expected_progress', 'expected.progress', 'expected.elapsed') }} as pace_zone,
    expected.confidence,
    expected.status_raw,
    expected.status_severity,
    coalesce(expected.status_meaning, 'no data') as status_meaning,
    expected.last_check_in_key,
    expected.value_check_in_key,
    expected.last_check_in_date,
    cast({{ date_diff_days(as_of_date(), 'expected.last_check_in_date') }} as integer) as count_days_since_check_in,
    scores.score,
    scores.outcome,
    scores.attained,
    scores.graded_date,
    case
        when expected.lifecycle in ('closed', 'dropped', 'carried_forward') then 0
        when scores.key_result_key is not null then 0
        when expected.cycle_end_date < {{ as_of_date() }} then 0
        else 1
    end as is_open,
    expected.lineage_key,
    expected.count_target_changes,
    expected.state_key
from expected
left join {{ ref('fct_key_result_scores') }} scores
    on expected.key_result_key = scores.key_result_key
