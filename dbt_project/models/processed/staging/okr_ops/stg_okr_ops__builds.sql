with builds as (

    select * from {{ source('okr_ops', 'builds') }}

),

renamed as (

    select
        build_id,
        as_of_date,
        publish_seq,
        {{ utc_timestamp('started_at') }} as started_at,
        {{ utc_timestamp('finished_at') }} as finished_at,
        models,
        tests,
        failures
    from builds

)

select * from renamed
