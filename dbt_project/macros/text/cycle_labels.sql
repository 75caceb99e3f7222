{% macro cycle_label_key(label) -%}
    case
        when {{ matches('lower(' ~ label ~ ')', '^q[1-4] ?[-_/]? ?20[0-9]{2}($| )') }}
            then regexp_substr(lower({{ label }}), '20[0-9]{2}') || '-' || substr(lower({{ label }}), 1, 2)
        when {{ matches('lower(' ~ label ~ ')', '^(cy)?20[0-9]{2} ?[-_/]? ?q[1-4]$') }}
            then regexp_substr({{ label }}, '20[0-9]{2}') || '-' || regexp_substr(lower({{ label }}), 'q[1-4]')
        when {{ matches('lower(' ~ label ~ ')', '^cy[0-9]{2} ?[-_/]? ?q[1-4]$') }}
            then '20' || substr({{ label }}, 3, 2) || '-' || regexp_substr(lower({{ label }}), 'q[1-4]')
        when {{ matches('lower(' ~ label ~ ')', '^fy[0-9]{2} ?[-_/]? ?q[1-4]$') }}
            then substr(lower({{ label }}), 1, 4) || '-' || regexp_substr(lower({{ label }}), 'q[1-4]')
        else lower(trim({{ label }}))
    end
{%- endmacro %}

{# For `map_to`: the cycles of a source that names them by a label only and never lists them. #}
{% macro cycles_by_label() -%}
    {{ return({
        'snapshot_scope': 'path',
        'cycle_id': 'cycle_id',
        'true_from': 'cycle_start_date',
        'cycle_name': 'cycle_label',
        'cadence': "case when cycle_start_date is not null then 'quarterly' end",
        'start_date': 'cycle_start_date',
        'end_date': 'cycle_end_date',
    }) }}
{%- endmacro %}
