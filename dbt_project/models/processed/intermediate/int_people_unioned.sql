with mapped as (

    {{ union_mapped('people', ['template']) }}

),

{{ entity_versions('person') }}

select
    {{ version_columns('person') }}
from versions
