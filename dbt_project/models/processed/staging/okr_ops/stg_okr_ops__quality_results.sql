with quality_results as (

    select * from {{ source('okr_ops', 'quality_results') }}

),

renamed as (

    select
        validation_id,
        expectation_number,
        door,
        asset,
        expectation,
        column_name,
        severity,
        is_met,
        observed,
        {{ utc_timestamp('validated_at') }} as validated_at
    from quality_results

)

select * from renamed
