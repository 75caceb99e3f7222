with items as (

    select * from {{ ref('stg_gitlab__okr_items') }}

),

fiscal_calendars as (

    select * from {{ ref('fiscal_calendars') }}
    where calendar_name = 'gitlab'

),

-- Only the sections of the CEO's objectives hold OKRs; the others are retrospectives and links to recordings.
okr_items as (

    select
        items.*,
        items.cycle_label || ':' || items.section_title as section_id
    from items
    where {{ matches('items.section_title', '^([0-9]+[.] )?CEO: ') }}

),

identified_rows as (

    select
        okr_items.*,
        case when okr_items.item_kind = 'objective' then 1 else 0 end as is_objective,
        case
            when parents.item_kind = 'objective' then parents.item_id
            when parents.item_kind is not null then coalesce(parents.parent_item_id, parents.section_id)
            else okr_items.section_id
        end as parent_objective_id,
        fiscal_calendars.start_date as cycle_start_date,
        fiscal_calendars.end_date as cycle_end_date,
        case
            when {{ matches('okr_items.outcome_raw', '^([0-9]+/[0-9]+, |[(])?[0-9]+([.][0-9]+)?%') }}
                and not {{ matches('okr_items.outcome_raw', '%.*%') }}
                and not {{ matches('okr_items.outcome_raw', '% (increase|decrease|coverage)') }}
                then cast(okr_items.outcome_percent / 100 as {{ type_amount() }})
        end as score,
        case
            when {{ matches('lower(okr_items.outcome_raw)', '^(done|complete|completed)[.]?$') }} then 'achieved'
        end as outcome,
        case
            when okr_items.outcome_class = 'limit_consumption'
                then {{ to_number_or_null("regexp_substr(okr_items.outcome_raw, '^[0-9]+')") }}
        end as spent_value,
        case
            when okr_items.outcome_class = 'limit_consumption'
                then {{ to_number_or_null("replace(regexp_substr(okr_items.outcome_raw, '/[0-9]+'), '/', '')") }}
        end as limit_value
    from okr_items
    left join okr_items parents
        on okr_items.parent_item_id = parents.item_id
        and okr_items.source_instance = parents.source_instance
        and okr_items.publish_seq = parents.publish_seq
    left join fiscal_calendars
        on {{ cycle_label_key('okr_items.cycle_label') }} = fiscal_calendars.cycle_label

)

select * from identified_rows
