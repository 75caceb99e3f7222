{% set iso_time = "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'" -%}
with check_ins as (

    select
        check_ins.key_result_key,
        check_ins.check_in_date,
        check_ins.check_in_key,
        {{ json_document([
            ('check_in_date', "to_char(check_ins.check_in_date, 'YYYY-MM-DD')"),
            ('value', 'check_ins.check_in_value', 'number'),
            ('progress', 'check_ins.progress', 'number'),
            ('confidence', 'check_ins.confidence', 'number'),
            ('status', 'check_ins.status_meaning'),
            ('comment', 'check_ins.comment_text'),
            ('author', 'check_ins.author_name'),
            ('recorded_at', 'to_char(check_ins.recorded_at, ' ~ iso_time ~ ')'),
        ]) }} as check_in_document
    from {{ ref('fct_check_ins') }} check_ins
    where check_ins.is_current = 1
        and check_ins.check_in_date <= {{ as_of_date() }}

),

check_in_lists as (

    select
        check_ins.key_result_key,
        {{ json_list('check_ins.check_in_document', 'check_ins.check_in_date, check_ins.check_in_key') }}
            as check_in_documents,
        count(*) as count_check_ins
    from check_ins
    group by check_ins.key_result_key

)

select
    key_results.key_result_key,
    key_results.objective_key,
    cast(coalesce(check_in_lists.count_check_ins, 0) as integer) as count_check_ins,
    {{ json_document([
        ('key_result_key', 'key_results.key_result_key'),
        ('title', 'key_results.key_result_title'),
        ('kind', 'key_results.key_result_kind'),
        ('unit', 'key_results.unit'),
        ('start_value', 'key_results.start_value', 'number'),
        ('target_value', 'key_results.target_value', 'number'),
        ('lower_bound', 'key_results.lower_bound', 'number'),
        ('upper_bound', 'key_results.upper_bound', 'number'),
        ('weight', 'key_results.weight', 'number'),
        ('commitment', 'key_results.commitment'),
        ('commitment_basis', 'key_results.commitment_basis'),
        ('owner', 'key_results.owner_name'),
        ('priority', 'key_results.priority'),
        ('lifecycle', 'key_results.lifecycle'),
        ('latest_value', 'key_results.latest_value', 'number'),
        ('progress', 'key_results.progress', 'number'),
        ('is_holding', 'key_results.is_holding'),
        ('expected_progress', 'key_results.expected_progress', 'number'),
        ('pace_gap', 'key_results.pace_gap', 'number'),
        ('pace_zone', 'key_results.pace_zone'),
        ('confidence', 'key_results.confidence', 'number'),
        ('status', 'key_results.status_meaning'),
        ('score', 'key_results.score', 'number'),
        ('outcome', 'key_results.outcome'),
        ('attained', 'key_results.attained'),
        ('check_ins', "coalesce(check_in_lists.check_in_documents, '[]')", 'json'),
    ]) }} as key_result_document
from {{ ref('fct_key_results') }} key_results
left join check_in_lists
    on key_results.key_result_key = check_in_lists.key_result_key
