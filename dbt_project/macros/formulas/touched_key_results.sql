{# Whether rows of an incremental table were made from the inputs that a key result has now. #}
{% macro is_made_of_inputs() -%}
    inputs.key_result_key = built.key_result_key
            and inputs.publish_seq = built.publish_seq
            and inputs.count_inputs = built.count_inputs
            and inputs.count_withdrawn = built.count_withdrawn
            and inputs.last_withdrawn_at = built.last_withdrawn_at
{%- endmacro %}

{# Keys of the key results whose inputs are no longer those that their rows in an incremental table were made from. #}
{% macro touched_key_results(built_table) -%}
        select inputs.key_result_key
        from {{ ref('int_key_result_inputs') }} inputs
        left join (
            select distinct
                built.key_result_key, built.publish_seq, built.count_inputs, built.count_withdrawn, built.last_withdrawn_at
            from {{ built_table }} built
        ) built
            on {{ is_made_of_inputs() }}
        where built.key_result_key is null
{%- endmacro %}

{# Post-hook: delete+insert renews a key result by its new rows; one that has none any more would keep its old ones. #}
{% macro delete_outlived_rows() -%}
    {% if is_incremental() -%}
        delete from {{ this }} built
        where not exists (
            select inputs.key_result_key
            from {{ ref('int_key_result_inputs') }} inputs
            where {{ is_made_of_inputs() }}
        )
    {%- endif %}
{%- endmacro %}
