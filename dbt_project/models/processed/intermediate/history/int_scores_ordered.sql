with scores as (

    select * from {{ ref('int_scores_unioned') }}

),

ordered as (

    select
        scores.*,
        row_number() over (
            partition by scores.key_result_key order by {{ ruling_order('scores') }}
        ) as score_number
    from scores
    where scores.key_result_key is not null

)

select
    ordered.key_result_key,
    cast(ordered.score_number as integer) as score_number,
    ordered.known_at as known_from,
    coalesce(ordered.known_until, {{ end_of_time() }}) as known_to,
    ordered.business_date as graded_date,
    coalesce(ordered.recorded_at, ordered.known_at) as recorded_at,
    ordered.known_at,
    ordered.known_until,
    ordered.score,
    ordered.outcome,
    ordered.graded_at,
    ordered.graded_by,
    ordered.score_method,
    ordered.is_deleted,
    ordered.publish_seq,
    ordered.file_id,
    ordered.row_number
from ordered
