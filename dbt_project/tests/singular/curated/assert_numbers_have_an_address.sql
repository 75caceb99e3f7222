-- Every number shown of a key result leads back to a file and a line.
select
    lineage.key_result_key,
    lineage.number_name
from {{ ref('rpt_lineage') }} lineage
where lineage.row_number is not null
    and (lineage.path is null or lineage.line_number is null)
