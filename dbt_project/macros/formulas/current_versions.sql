{# One row per entity: the version in force on the as-of date among those still held; before its first date, the first. #}
{% macro current_versions(versions, key) -%}
    select ranked.*
    from (
        select
            versions.*,
            row_number() over (
                partition by versions.{{ key }}
                order by
                    case when versions.business_date <= {{ as_of_date() }} then 0 else 1 end,
                    case when versions.business_date > {{ as_of_date() }} then versions.business_date end,
                    {{ ruling_order('versions', 'desc') }}
            ) as version_rank
        from {{ versions }} versions
        where versions.known_until is null
            and versions.{{ key }} is not null
    ) ranked
    where ranked.version_rank = 1
        and ranked.is_deleted = 0
{%- endmacro %}
