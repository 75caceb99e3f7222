-- Cells that could not be read as the type of their column; they count as null.
{{ config(severity='warn') }}

select * from {{ ref('rpt_unreadable_cells') }}
