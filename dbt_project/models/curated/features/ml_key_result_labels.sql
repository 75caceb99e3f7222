with scores as (

    select * from {{ ref('fct_key_result_scores') }}

)

select
    scores.key_result_key,
    scores.attained,
    scores.final_score,
    scores.label_available_at,
    scores.commitment,
    scores.threshold
from scores
where scores.attained is not null
