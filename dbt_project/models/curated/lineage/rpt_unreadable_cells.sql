with problems as (

    select * from {{ ref('int_cell_problems') }}

),

files as (

    select * from {{ ref('stg_okr_raw__files') }}

)

select
    problems.file_id,
    problems.row_number,
    problems.column_name,
    files.path,
    files.source_instance,
    problems.dataset,
    problems.line_number,
    problems.cell_text,
    problems.reason
from problems
left join files
    on problems.file_id = files.file_id
