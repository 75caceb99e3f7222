with results as (

    select * from {{ ref('stg_okr_ops__quality_results') }}

),

latest as (

    select
        results.door,
        max(results.validated_at) as validated_at
    from results
    group by results.door

),

latest_validations as (

    select distinct
        results.door,
        results.validation_id
    from results
    inner join latest
        on results.door = latest.door
        and results.validated_at = latest.validated_at

)

select
    results.validation_id,
    results.expectation_number,
    results.door,
    results.asset,
    results.expectation,
    results.column_name,
    results.severity,
    results.is_met,
    results.observed,
    results.validated_at,
    case when latest_validations.validation_id is not null then 1 else 0 end as is_latest
from results
left join latest_validations
    on results.door = latest_validations.door
    and results.validation_id = latest_validations.validation_id
