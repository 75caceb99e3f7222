with objectives as (

    select * from {{ ref('dim_objectives') }}

),

own_progress as (

    select *
    from {{ ref('fct_objective_progress') }}
    where roll_up_method = 'own_key_results'

),

key_result_lists as (

    select
        documents.objective_key,
        count(*) as count_key_results,
        sum(documents.count_check_ins) as count_check_ins,
        {{ json_list('documents.key_result_document', 'documents.key_result_key') }} as key_result_documents
    from {{ ref('okr_key_result_documents') }} documents
    group by documents.objective_key

)

select
    objectives.objective_key,
    objectives.source_system,
    objectives.source_instance,
    objectives.cycle_key,
    objectives.team_key,
    {{ as_of_date() }} as as_of_date,
    cast(coalesce(key_result_lists.count_key_results, 0) as integer) as count_key_results,
    cast(coalesce(key_result_lists.count_check_ins, 0) as integer) as count_check_ins,
    {{ json_document([
        ('objective_key', 'objectives.objective_key'),
        ('objective_id', 'objectives.objective_id'),
        ('source_system', 'objectives.source_system'),
        ('source_instance', 'objectives.source_instance'),
        ('as_of', "to_char(" ~ as_of_date() ~ ", 'YYYY-MM-DD')"),
        ('title', 'objectives.objective_title'),
        ('description', 'objectives.description'),
        ('owner', 'objectives.owner_name'),
        ('lifecycle', 'objectives.lifecycle'),
        ('team', 'objectives.team_name'),
        ('team_level', 'objectives.team_level'),
        ('cycle', 'objectives.cycle_name'),
        ('cycle_start_date', "to_char(cycles.start_date, 'YYYY-MM-DD')"),
        ('cycle_end_date', "to_char(cycles.end_date, 'YYYY-MM-DD')"),
        ('parent_objective_key', 'objectives.parent_objective_key'),
        ('parent_title', 'parents.objective_title'),
        ('roll_up_method', 'own_progress.roll_up_method'),
        ('progress', 'own_progress.progress', 'number'),
        ('coverage', 'own_progress.coverage', 'number'),
        ('score', 'own_progress.score', 'number'),
        ('key_results', "coalesce(key_result_lists.key_result_documents, '[]')", 'json'),
    ]) }} as document
from objectives
left join {{ ref('dim_cycles') }} cycles
    on objectives.cycle_key = cycles.cycle_key
left join objectives parents
    on objectives.parent_objective_key = parents.objective_key
left join own_progress
    on objectives.objective_key = own_progress.objective_key
left join key_result_lists
    on objectives.objective_key = key_result_lists.objective_key
