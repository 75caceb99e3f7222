{%- set datasets = typed_cells() -%}

with problems as (
    {% for dataset, kinds in datasets.items() %}
    select
        cells.dataset,
        cells.file_id,
        cells.row_number,
        cells.line_number,
        cells.column_name,
        cells.cell_text,
        cells.data_type
    from (
        select
            records.dataset,
            records.file_id,
            records.row_number,
            records.line_number,
            names.column_name,
            names.data_type,
            case names.column_name
                {% for name, data_type in named_cells(kinds) -%}
                    when '{{ name }}' then {{ json_text('records.cells', name) }}
                {% endfor -%}
            end as cell_text
        from {{ ref('base_okr_raw__published_records') }} records
        cross join (
            {% for name, data_type in named_cells(kinds) -%}
                select
                    '{{ name }}' as column_name,
                    '{{ data_type }}' as data_type
                {{ from_nothing() }}
                {{ 'union all' if not loop.last }}
            {% endfor -%}
        ) names
        where records.dataset = '{{ dataset }}'
    ) cells
    where
        {%- for data_type in kinds %}
            (
                cells.data_type = '{{ data_type }}'
                and {{ cast_failed('cells.cell_text', data_type) }}
                {{ 'and cells.cell_text is not null' if data_type != 'required' }}
            )
            {{ 'or' if not loop.last }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select distinct
    problems.dataset,
    problems.file_id,
    problems.row_number,
    problems.line_number,
    cast(problems.column_name as varchar(200)) as column_name,
    cast(substr(problems.cell_text, 1, 4000) as varchar(4000)) as cell_text,
    cast(
        case problems.data_type
            {% for data_type, reason in cast_reasons().items() -%}
                when '{{ data_type }}' then '{{ reason }}'
            {% endfor -%}
        end as varchar(200)
    ) as reason
from problems
