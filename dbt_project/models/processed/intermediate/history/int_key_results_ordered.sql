with key_results as (

    select * from {{ ref('int_key_results_unioned') }}

),

source_defaults as (

    select * from {{ ref('source_defaults') }}

),

ordered as (

    select
        key_results.*,
        row_number() over (
            partition by key_results.key_result_key order by {{ ruling_order('key_results') }}
        ) as version_number
    from key_results

)

select
    ordered.key_result_key,
    cast(ordered.version_number as integer) as version_number,
    ordered.known_at as known_from,
    coalesce(ordered.known_until, {{ end_of_time() }}) as known_to,
    ordered.business_date,
    coalesce(ordered.recorded_at, ordered.known_at) as recorded_at,
    ordered.source_system,
    ordered.source_instance,
    ordered.objective_key,
    ordered.key_result_title,
    ordered.key_result_kind,
    ordered.unit,
    ordered.start_value,
    ordered.target_value,
    ordered.lower_bound,
    ordered.upper_bound,
    ordered.weight,
    coalesce(ordered.commitment, source_defaults.default_commitment) as commitment,
    case
        when ordered.commitment is not null then 'stated'
        when source_defaults.default_commitment is not null then 'source default'
    end as commitment_basis,
    ordered.owner_name,
    ordered.priority,
    ordered.lifecycle,
    ordered.predecessor_key,
    ordered.reported_progress,
    ordered.is_deleted,
    ordered.publish_seq,
    ordered.file_id,
    ordered.row_number
from ordered
left join source_defaults
    on ordered.source_system = source_defaults.source_system
