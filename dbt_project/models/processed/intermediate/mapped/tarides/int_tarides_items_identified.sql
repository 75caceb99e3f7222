with items as (

    select * from {{ ref('stg_tarides__team_objectives') }}

),

fiscal_calendars as (

    select * from {{ ref('fiscal_calendars') }}
    where calendar_name = 'calendar'

),

-- An item under an objective is a key result; an item under none is an objective itself.
identified_rows as (

    select
        items.*,
        {{ cycle_label_key('items.cycle_label') }} as cycle_id,
        case
            when items.objective_title is null then items.item_id
            else {{ surrogate_key([cycle_label_key('items.cycle_label'), 'lower(items.objective_title)']) }}
        end as objective_id,
        case when items.objective_title is not null then items.item_id end as key_result_id,
        lower(trim(regexp_replace(items.status_raw, '[^A-Za-z ]', ''{{ all_occurrences() }}))) as status_word,
        fiscal_calendars.start_date as cycle_start_date,
        fiscal_calendars.end_date as cycle_end_date
    from items
    left join fiscal_calendars
        on {{ cycle_label_key('items.cycle_label') }} = fiscal_calendars.cycle_label

),

with_lifecycle as (

    select
        identified_rows.*,
        case
            when identified_rows.status_word in ('draft', 'todo') then 'draft'
            when identified_rows.status_word in ('active', 'in progress') then 'active'
            when identified_rows.status_word = 'complete' then 'closed'
            when identified_rows.status_word = 'dropped' then 'dropped'
        end as lifecycle
    from identified_rows

)

select * from with_lifecycle
