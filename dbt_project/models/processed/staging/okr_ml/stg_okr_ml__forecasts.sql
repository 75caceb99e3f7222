with forecasts as (

    select * from {{ source('okr_ml', 'forecasts') }}

),

renamed as (

    select
        key_result_key,
        as_of_date,
        model_name,
        model_version,
        feature_fingerprint,
        forecaster,
        is_baseline,
        has_enough_labels,
        attainment_probability,
        probability_low,
        probability_high,
        {{ json_as_text('reasons') }} as reasons,
        {{ json_as_text('features') }} as features,
        {{ utc_timestamp('scored_at') }} as scored_at
    from forecasts

)

select * from renamed
