{# Cells of a record under the names of its dataset; pairs of an old and a new name, in the order of the header, or null. #}
{% macro renamed_cells(cells, names) -%}
    {{ return(adapter.dispatch('renamed_cells')(cells, names)) }}
{%- endmacro %}

{% macro default__renamed_cells(cells, names) -%}
    case
        when {{ names }} is null then {{ cells }}
        else (
            select jsonb_object_agg(pairs.pair ->> 1, {{ cells }} -> (pairs.pair ->> 0))
            from jsonb_array_elements({{ names }}) pairs (pair)
        )
    end
{%- endmacro %}

{# Oracle keeps the cells as the text they came in, so their order is that of the header too. #}
{% macro oracle__renamed_cells(cells, names) -%}
    case
        when {{ names }} is null then {{ cells }}
        else (
            select json_objectagg(key pairs.new_name value texts.cell_text returning clob)
            from json_table(
                {{ names }}, '$[*]' columns (position for ordinality, new_name varchar2(4000) path '$[1]')
            ) pairs
            inner join json_table(
                {{ cells }}, '$.*' columns (position for ordinality, cell_text varchar2(4000) path '$')
            ) texts
                on pairs.position = texts.position
        )
    end
{%- endmacro %}
