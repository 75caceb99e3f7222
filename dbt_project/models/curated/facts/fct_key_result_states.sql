-- depends_on: {{ ref('int_key_result_inputs') }}
{# Incremental by whole key results, like its rectangles (int_key_result_spans). #}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='key_result_key',
    on_schema_change='append_new_columns', post_hook='{{ delete_outlived_rows() }}') }}

with spans as (

    select spans.*
    from {{ ref('int_key_result_spans') }} spans
    {% if is_incremental() %}
    where spans.key_result_key in ({{ touched_key_results(this) }})
    {% endif %}

),

attributed as (

    select
        spans.*,
        key_results.source_system,
        key_results.source_instance,
        key_results.objective_key,
        key_results.key_result_title,
        coalesce(key_results.key_result_kind, 'metric') as key_result_kind,
        key_results.unit,
        key_results.start_value,
        key_results.target_value,
        key_results.lower_bound,
        key_results.upper_bound,
        key_results.weight,
        key_results.commitment,
        key_results.commitment_basis,
        key_results.owner_name,
        key_results.priority,
        key_results.lifecycle,
        case when key_results.lifecycle = 'closed' then 1 else 0 end as is_closed,
        key_results.reported_progress as key_result_reported_progress,
        latest.check_in_key,
        latest.check_in_date,
        numbers.check_in_key as value_check_in_key,
        numbers.check_in_date as value_date,
        numbers.check_in_value as latest_value,
        numbers.reported_progress as check_in_reported_progress,
        statuses.status_raw,
        statuses.status_severity,
        statuses.status_meaning,
        confidences.confidence,
        case when scores.is_deleted = 0 then scores.score end as score,
        case when scores.is_deleted = 0 then scores.outcome end as outcome
    from spans
    inner join {{ ref('int_key_results_ordered') }} key_results
        on spans.key_result_key = key_results.key_result_key
        and spans.version_number = key_results.version_number
    left join {{ ref('int_check_ins_settled') }} latest
        on spans.key_result_key = latest.key_result_key
        and spans.check_in_number = latest.check_in_number
        and latest.span_number = 1
    left join {{ ref('int_check_ins_settled') }} numbers
        on spans.key_result_key = numbers.key_result_key
        and spans.value_number = numbers.check_in_number
        and numbers.span_number = 1
    left join {{ ref('int_check_ins_settled') }} statuses
        on spans.key_result_key = statuses.key_result_key
        and spans.status_number = statuses.check_in_number
        and statuses.span_number = 1
    left join {{ ref('int_check_ins_settled') }} confidences
        on spans.key_result_key = confidences.key_result_key
        and spans.confidence_number = confidences.check_in_number
        and confidences.span_number = 1
    left join {{ ref('int_scores_ordered') }} scores
        on spans.key_result_key = scores.key_result_key
        and spans.score_number = scores.score_number
    where key_results.is_deleted = 0

),

measured as (

    select
        attributed.*,
        {{ bound_holds('attributed.key_result_kind', 'attributed.latest_value', 'attributed.target_value',
            'attributed.lower_bound', 'attributed.upper_bound') }} as is_holding,
        {{ progress('attributed.key_result_kind', 'attributed.latest_value', 'attributed.start_value',
            'attributed.target_value', 'attributed.lower_bound', 'attributed.upper_bound', 'attributed.is_closed',
            'coalesce(attributed.check_in_reported_progress, attributed.key_result_reported_progress)') }} as progress_raw
    from attributed

),

placed as (

    select
        measured.*,
        objectives.cycle_key,
        objectives.team_key,
        objectives.lifecycle as objective_lifecycle,
        cycles.start_date as cycle_start_date,
        cycles.end_date as cycle_end_date,
        greatest(measured.valid_from, coalesce(objectives.valid_from, measured.valid_from)) as placed_from,
        least(measured.valid_to, coalesce(objectives.valid_to, measured.valid_to)) as placed_to,
        greatest(
            measured.known_from,
            coalesce(objectives.known_from, measured.known_from),
            coalesce(cycles.known_from, measured.known_from)
        ) as placed_known_from,
        least(
            measured.known_to,
            coalesce(objectives.known_to, measured.known_to),
            coalesce(cycles.known_to, measured.known_to)
        ) as placed_known_to
    from measured
    left join {{ ref('int_objectives_settled') }} objectives
        on measured.objective_key = objectives.objective_key
        and measured.valid_from < objectives.valid_to
        and measured.valid_to > objectives.valid_from
        and measured.known_from < objectives.known_to
        and measured.known_to > objectives.known_from
    left join {{ ref('int_cycles_settled') }} cycles
        on objectives.cycle_key = cycles.cycle_key
        and greatest(measured.known_from, objectives.known_from) < cycles.known_to
        and least(measured.known_to, objectives.known_to) > cycles.known_from

)

select
    {{ surrogate_key(['placed.key_result_key', "to_char(placed.placed_from, 'YYYY-MM-DD')",
        "to_char(placed.placed_known_from, 'YYYY-MM-DD HH24:MI:SS.FF6')"]) }} as state_key,
    placed.key_result_key,
    placed.placed_from as valid_from,
    placed.placed_to as valid_to,
    placed.placed_known_from as known_from,
    placed.placed_known_to as known_to,
    case when placed.placed_known_to = {{ end_of_time() }} then 1 else 0 end as is_known_now,
    placed.source_system,
    placed.source_instance,
    placed.objective_key,
    placed.cycle_key,
    placed.team_key,
    placed.cycle_start_date,
    placed.cycle_end_date,
    placed.version_number,
    placed.key_result_title,
    placed.key_result_kind,
    placed.unit,
    placed.start_value,
    placed.target_value,
    placed.lower_bound,
    placed.upper_bound,
    placed.weight,
    placed.commitment,
    placed.commitment_basis,
    placed.owner_name,
    placed.priority,
    placed.lifecycle,
    placed.objective_lifecycle,
    placed.check_in_key,
    placed.check_in_date,
    placed.value_check_in_key,
    placed.value_date,
    placed.latest_value,
    {{ as_share('placed.progress_raw') }} as progress_raw,
    {{ as_share(clamp('placed.progress_raw')) }} as progress,
    placed.is_holding,
    placed.confidence,
    placed.status_raw,
    placed.status_severity,
    placed.status_meaning,
    placed.score,
    placed.outcome,
    placed.publish_seq,
    placed.count_inputs,
    placed.count_withdrawn,
    placed.last_withdrawn_at
from placed
