with mapped as (

    {{ union_mapped('cycles', ['template', 'onesheet', 'oslo', 'ipfs', 'tarides', 'gitlab']) }}

),

{{ entity_versions('cycle') }}

select
    {{ version_columns('cycle') }}
from versions
