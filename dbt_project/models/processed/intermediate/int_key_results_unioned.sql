with mapped as (

    {{ union_mapped('key_results', ['template', 'onesheet', 'oslo', 'ipfs', 'tarides', 'gitlab', 'metricor']) }}

),

{{ entity_versions('key_result') }}

select
    {{ version_columns('key_result') }}
from versions
