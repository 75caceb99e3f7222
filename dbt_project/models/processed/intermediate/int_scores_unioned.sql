with mapped as (

    {{ union_mapped('scores', ['template', 'ipfs', 'gitlab']) }}

),

{{ entity_versions('score') }}

select
    {{ version_columns('score') }}
from versions
