with mapped as (

    {{ union_mapped('teams', ['template', 'oslo']) }}

),

{{ entity_versions('team') }}

select
    {{ version_columns('team') }}
from versions
