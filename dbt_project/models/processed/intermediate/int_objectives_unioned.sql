with mapped as (

    {{ union_mapped('objectives', ['template', 'onesheet', 'oslo', 'ipfs', 'tarides', 'gitlab', 'metricor']) }}

),

{{ entity_versions('objective') }}

select
    {{ version_columns('objective') }}
from versions
