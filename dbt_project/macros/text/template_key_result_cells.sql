{# The columns of a key result in our own template, as they stand in a version of it and in a change of it. #}
{% macro template_key_result_cells() -%}
    {{ cell('key_result_id') }} as key_result_id,
    {{ cell('objective_id') }} as objective_id,
    {{ cell('title') }} as key_result_title,
    lower({{ cell('kind') }}) as key_result_kind,
    {{ cell('unit') }} as unit,
    {{ to_number_or_null(cell('start_value')) }} as start_value,
    {{ to_number_or_null(cell('target_value')) }} as target_value,
    {{ to_number_or_null(cell('lower_bound')) }} as lower_bound,
    {{ to_number_or_null(cell('upper_bound')) }} as upper_bound,
    {{ to_number_or_null(cell('weight')) }} as weight,
    lower({{ cell('commitment') }}) as commitment,
    lower({{ cell('owner_email') }}) as owner_email,
    upper({{ cell('priority') }}) as priority,
    lower({{ cell('lifecycle') }}) as lifecycle,
    {{ cell('predecessor_id') }} as predecessor_id,
    {{ to_date_or_null(cell('effective_date')) }} as effective_date,
    {{ to_timestamp_or_null(cell('recorded_at')) }} as recorded_at
{%- endmacro %}
