{# Post-hook of tables: a table made a moment ago has no statistics, and the next model's joins would be planned blind. #}
{% macro refresh_statistics() -%}
    {{ return(adapter.dispatch('refresh_statistics')()) }}
{%- endmacro %}

{% macro default__refresh_statistics() -%}
    {% if model.config.materialized in ['table', 'incremental'] %} analyze {{ this }} {% endif %}
{%- endmacro %}

{% macro oracle__refresh_statistics() -%}{%- endmacro %}
