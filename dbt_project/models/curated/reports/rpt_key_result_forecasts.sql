with key_results as (

    select *
    from {{ ref('fct_key_results') }}
    where is_open = 1

),

ranked_forecasts as (

    select
        forecasts.*,
        row_number() over (
            partition by forecasts.key_result_key order by forecasts.as_of_date desc, forecasts.scored_at desc
        ) as forecast_rank
    from {{ ref('stg_okr_ml__forecasts') }} forecasts
    where forecasts.as_of_date <= {{ as_of_date() }}

),

joined as (

    select
        key_results.*,
        forecasts.as_of_date as forecast_as_of_date,
        forecasts.forecaster,
        forecasts.model_name,
        forecasts.model_version,
        forecasts.is_baseline,
        coalesce(forecasts.has_enough_labels, 0) as has_enough_labels,
        case when forecasts.has_enough_labels = 1 then forecasts.attainment_probability end as attainment_probability,
        case when forecasts.has_enough_labels = 1 then forecasts.probability_low end as probability_low,
        case when forecasts.has_enough_labels = 1 then forecasts.probability_high end as probability_high,
        forecasts.reasons,
        forecasts.scored_at
    from key_results
    left join ranked_forecasts forecasts
        on key_results.key_result_key = forecasts.key_result_key
        and forecasts.forecast_rank = 1

)

select
    row_number() over (
        order by
            case when joined.attainment_probability is null then 1 else 0 end asc,
            joined.attainment_probability asc,
            case when joined.pace_gap is null then 1 else 0 end asc,
            joined.pace_gap desc,
            joined.key_result_key asc
    ) as risk_order,
    joined.key_result_key,
    joined.key_result_title,
    joined.objective_key,
    joined.objective_title,
    joined.team_key,
    joined.team_name,
    joined.cycle_key,
    joined.cycle_name,
    joined.owner_name,
    joined.key_result_kind,
    joined.commitment,
    joined.attainment_probability,
    joined.probability_low,
    joined.probability_high,
    joined.has_enough_labels,
    case
        when joined.attainment_probability is null then 'pace rule'
        when joined.is_baseline = 1 then 'baseline'
        else 'model'
    end as forecast_basis,
    joined.forecaster,
    joined.is_baseline,
    joined.model_name,
    joined.model_version,
    joined.reasons,
    joined.forecast_as_of_date,
    joined.scored_at,
    joined.progress,
    joined.is_holding,
    joined.elapsed,
    joined.expected_progress,
    joined.pace_gap,
    joined.pace_zone,
    joined.confidence,
    joined.status_meaning,
    joined.last_check_in_date,
    joined.count_days_since_check_in,
    joined.cycle_end_date
from joined
