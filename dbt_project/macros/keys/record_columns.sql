{% macro record_column_names() -%}
    {{ return([
        'source_system', 'source_instance', 'dataset', 'dataset_kind', 'path', 'file_id', 'row_number', 'publish_seq',
        'published_at', 'retract_seq', 'retracted_at', 'known_at_basis', 'snapshot_date',
    ]) }}
{%- endmacro %}

{% macro record_columns() -%}
    {{ record_column_names() | join(',\n        ') }}
{%- endmacro %}
