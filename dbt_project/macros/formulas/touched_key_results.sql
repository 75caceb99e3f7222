{# Keys of the key results whose inputs are no longer those that their rows in an incremental table were made from. #}
{% macro touched_key_results(built_table) -%}
        select inputs.key_result_key
        from {{ ref('int_key_result_inputs') }} inputs
        left join (
            select distinct
                built.key_result_key, built.publish_seq, built.count_inputs, built.count_withdrawn, built.last_withdrawn_at
            from {{ built_table }} built
        ) built
            on inputs.key_result_key = built.key_result_key
            and inputs.publish_seq = built.publish_seq
            and inputs.count_inputs = built.count_inputs
            and inputs.count_withdrawn = built.count_withdrawn
            and inputs.last_withdrawn_at = built.last_withdrawn_at
        where built.key_result_key is null
{%- endmacro %}
