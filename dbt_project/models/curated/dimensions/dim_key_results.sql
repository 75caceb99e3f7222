-- noqa: disable=LT02
-- (sqlfluff indents columns that a loop writes by the loop, not by the query)
with key_results as (

    {{ current_versions(ref('int_key_results_unioned'), 'key_result_key') }}

),

ordered as (

    select
        ordered.key_result_key,
        ordered.version_number,
        ordered.business_date,
        {{ goal_signature('ordered') }} as measure
    from {{ ref('int_key_results_ordered') }} ordered
    where ordered.known_to = {{ end_of_time() }}
        and ordered.business_date <= {{ as_of_date() }}

),

versions as (

    select
        ordered.key_result_key,
        ordered.version_number,
        ordered.business_date,
        case
            when lag(ordered.measure) over (
                partition by ordered.key_result_key order by ordered.version_number
            ) <> ordered.measure then 1
            else 0
        end as is_target_change
    from ordered

),

version_counts as (

    select
        versions.key_result_key,
        min(versions.business_date) as first_valid_date,
        count(*) as count_versions,
        sum(versions.is_target_change) as count_target_changes
    from versions
    group by versions.key_result_key

),

successors as (

    select
        key_results.predecessor_key as key_result_key,
        min(key_results.key_result_key) as successor_key
    from key_results
    where key_results.predecessor_key is not null
    group by key_results.predecessor_key

),

{% set longest = 8 -%}
chained as (

    select
        key_results.key_result_key,
        {% for step in range(1, longest + 1) -%}
        earlier_{{ step }}.key_result_key as ancestor_{{ step }}{{ ',' if not loop.last }}
        {% endfor %}
    from key_results
    {% for step in range(1, longest + 1) -%}
    left join key_results earlier_{{ step }}
        on {{ 'key_results' if step == 1 else 'earlier_' ~ (step - 1) }}.predecessor_key
            = earlier_{{ step }}.key_result_key
    {% endfor %}

)

select
    key_results.key_result_key,
    key_results.source_system,
    key_results.source_instance,
    key_results.key_result_id,
    key_results.key_result_title,
    coalesce(key_results.key_result_kind, 'metric') as key_result_kind,
    key_results.unit,
    key_results.start_value,
    key_results.target_value,
    key_results.lower_bound,
    key_results.upper_bound,
    key_results.weight,
    coalesce(key_results.commitment, source_defaults.default_commitment) as commitment,
    case
        when key_results.commitment is not null then 'stated'
        when source_defaults.default_commitment is not null then 'source default'
    end as commitment_basis,
    key_results.owner_name,
    key_results.priority,
    key_results.lifecycle,
    key_results.objective_key,
    objectives.objective_title,
    objectives.cycle_key,
    objectives.cycle_name,
    objectives.team_key,
    objectives.team_name,
    key_results.predecessor_key,
    successors.successor_key,
    coalesce(
        {% for step in range(longest, 0, -1) -%}
        chained.ancestor_{{ step }},
        {% endfor %}
        key_results.key_result_key
    ) as lineage_key,
    1
    {% for step in range(1, longest + 1) -%}
    + case when chained.ancestor_{{ step }} is not null then 1 else 0 end
    {% endfor %} as lineage_position,
    coalesce(version_counts.first_valid_date, key_results.business_date) as first_valid_date,
    cast(coalesce(version_counts.count_versions, 0) as integer) as count_versions,
    cast(coalesce(version_counts.count_target_changes, 0) as integer) as count_target_changes,
    key_results.known_at,
    key_results.publish_seq,
    key_results.file_id,
    key_results.row_number
from key_results
inner join chained
    on key_results.key_result_key = chained.key_result_key
left join version_counts
    on key_results.key_result_key = version_counts.key_result_key
left join successors
    on key_results.key_result_key = successors.key_result_key
left join {{ ref('source_defaults') }} source_defaults
    on key_results.source_system = source_defaults.source_system
left join {{ ref('dim_objectives') }} objectives
    on key_results.objective_key = objectives.objective_key
