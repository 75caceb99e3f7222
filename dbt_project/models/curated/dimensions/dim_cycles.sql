with cycles as (

    {{ current_versions(ref('int_cycles_unioned'), 'cycle_key') }}

)

select
    cycles.cycle_key,
    cycles.source_system,
    cycles.source_instance,
    cycles.cycle_id,
    cycles.cycle_name,
    cycles.cadence,
    cycles.start_date,
    cycles.end_date,
    cast({{ date_diff_days('cycles.end_date', 'cycles.start_date') }} + 1 as integer) as count_days,
    cycles.parent_cycle_key,
    case
        when cycles.start_date is null or cycles.end_date is null then 'undated'
        when {{ as_of_date() }} < cycles.start_date then 'upcoming'
        when {{ as_of_date() }} <= cycles.end_date then 'running'
        else 'ended'
    end as cycle_state,
    {{ elapsed_share(as_of_date(), 'cycles.start_date', 'cycles.end_date') }} as elapsed,
    cycles.known_at,
    cycles.file_id,
    cycles.row_number
from cycles
