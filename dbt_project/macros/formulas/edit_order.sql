{# The order in which edits of one check-in override one another: record date, then the order of loading. #}
{% macro edit_order(versions, direction='asc') -%}
    {%- set columns = [
        'coalesce(' ~ versions ~ '.recorded_at, ' ~ versions ~ '.published_at)', versions ~ '.publish_seq',
        'coalesce(' ~ versions ~ '.row_number, 0)', versions ~ '.file_id',
    ] -%}
    {%- for column in columns -%}
        {{ column }}{{ ' desc' if direction == 'desc' }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
