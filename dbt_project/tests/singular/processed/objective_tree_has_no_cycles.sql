-- Objectives that are their own ancestor. A depth guard ends the walk: a tree deeper than 20 would be one too.
{{ config(severity='warn') }}

{{ with_recursive() }} links (objective_key, parent_objective_key) as (

    select distinct
        objectives.objective_key,
        objectives.parent_objective_key
    from {{ ref('int_objectives_unioned') }} objectives
    where objectives.parent_objective_key is not null
        and objectives.is_deleted = 0
        and objectives.known_until is null

),

ancestors (objective_key, ancestor_key, depth) as (

    select
        links.objective_key,
        links.parent_objective_key as ancestor_key,
        1 as depth
    from links

    union all

    select
        ancestors.objective_key,
        links.parent_objective_key as ancestor_key,
        ancestors.depth + 1 as depth
    from ancestors
    inner join links
        on ancestors.ancestor_key = links.objective_key
    where ancestors.depth < 20
        and ancestors.ancestor_key <> ancestors.objective_key

)

select distinct ancestors.objective_key
from ancestors
where ancestors.ancestor_key = ancestors.objective_key
    or ancestors.depth >= 20
