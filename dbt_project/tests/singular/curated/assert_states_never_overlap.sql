-- On any instant K and any day D a key result has one state: no two rectangles share both.
select
    states.key_result_key,
    states.valid_from,
    states.known_from,
    others.valid_from as other_valid_from,
    others.known_from as other_known_from
from {{ ref('fct_key_result_states') }} states
inner join {{ ref('fct_key_result_states') }} others
    on states.key_result_key = others.key_result_key
    and states.state_key < others.state_key
    and states.valid_from < others.valid_to
    and states.valid_to > others.valid_from
    and states.known_from < others.known_to
    and states.known_to > others.known_from
