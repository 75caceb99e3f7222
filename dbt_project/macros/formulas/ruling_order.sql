{# The order in which versions override one another: business date, then record date, then the order of loading. Business
   date comes first: an old check-in that was edited yesterday is not the latest one. #}
{% macro ruling_order(versions, direction='asc') -%}
    {%- set columns = [
        versions ~ '.business_date', 'coalesce(' ~ versions ~ '.recorded_at, ' ~ versions ~ '.published_at)',
        versions ~ '.publish_seq', 'coalesce(' ~ versions ~ '.row_number, 0)', versions ~ '.file_id',
    ] -%}
    {%- for column in columns -%}
        {{ column }}{{ ' desc' if direction == 'desc' }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
