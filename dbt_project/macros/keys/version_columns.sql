{% macro version_columns(entity, versions='versions') -%}
    {%- set id = entity ~ '_id' -%}
    {%- set key = entity ~ '_key' -%}
    {%- for name in ['source_system', 'source_instance', id, key] -%}
        {{ versions }}.{{ name }},
    {% endfor -%}
    {%- for name, data_type in entity_columns(entity) if name not in [key, 'is_state'] -%}
        {{ versions }}.{{ name }},
    {% endfor -%}
    {{ clock_columns(versions) }}
{%- endmacro %}

{% macro clock_columns(versions='versions') -%}
    {{ versions }}.business_date,
    {{ versions }}.recorded_at,
    case
        when {{ versions }}.known_at_basis = 'recorded' and {{ versions }}.recorded_at is not null
            then {{ versions }}.recorded_at
        when {{ versions }}.known_at_basis = 'recorded' and {{ versions }}.is_of_state = 1
            then timestamp '1900-01-01 00:00:00'
        else {{ versions }}.said_at
    end as known_at,
    {{ versions }}.published_at,
    {{ versions }}.known_until,
    {{ versions }}.publish_seq,
    {{ versions }}.retract_seq,
    {{ versions }}.file_id,
    {{ versions }}.row_number,
    {{ versions }}.is_deleted,
    {{ versions }}.is_change,
    {{ versions }}.count_duplicates
{%- endmacro %}
