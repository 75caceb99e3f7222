{# Sheets without ids: a key result is known again by the words of its objective and its own, within the label of its cycle. #}
{% macro onesheet_key_result_id(rows, cycle_label) -%}
    {{ surrogate_key([
        cycle_label, 'lower(' ~ rows ~ '.objective_title)', 'lower(' ~ rows ~ '.key_result_title)',
    ]) }}
{%- endmacro %}

{# Confidence as a number in the unit that was decided for the file, else as one of the words of `confidence_levels`. #}
{% macro onesheet_confidence(rows, units) -%}
    coalesce(
            {{ share_of(rows ~ '.confidence_number', rows ~ '.confidence_raw', units ~ '.unit') }},
            confidence_levels.confidence
        )
{%- endmacro %}
