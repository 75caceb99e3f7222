with publications as (

    select * from {{ source('okr_raw', 'publications') }}
    where publish_seq <= {{ build_bound() }}

),

files as (

    select * from {{ source('okr_raw', 'files') }}

),

arrivals as (

    select * from {{ source('okr_raw', 'arrivals') }}

),

records as (

    select * from {{ source('okr_raw', 'records') }}

),

ordered_publications as (

    select
        publications.*,
        lag(publications.action) over (
            partition by publications.file_id
            order by publications.publish_seq
        ) as previous_action,
        min(case when publications.action = 'retract' then publications.publish_seq end) over (
            partition by publications.file_id
            order by publications.publish_seq
            rows between 1 following and unbounded following
        ) as retract_seq,
        min(case when publications.action = 'retract' then publications.known_at end) over (
            partition by publications.file_id
            order by publications.publish_seq
            rows between 1 following and unbounded following
        ) as retracted_at
    from publications

),

-- An event happens once however often its file comes back; a state of things holds anew each time.
published_files as (

    select
        files.file_id,
        files.source_instance,
        files.dataset,
        coalesce(files.dataset_kind, 'append') as dataset_kind,
        files.known_at_basis,
        files.header,
        arrivals.path,
        arrivals.snapshot_date,
        ordered_publications.publish_seq,
        ordered_publications.known_at,
        ordered_publications.retract_seq,
        ordered_publications.retracted_at
    from ordered_publications
    inner join files
        on ordered_publications.file_id = files.file_id
    left join arrivals
        on ordered_publications.arrival_id = arrivals.arrival_id
    where ordered_publications.action = 'publish'
        and (
            files.dataset_kind = 'snapshot'
            or coalesce(ordered_publications.previous_action, 'retract') = 'retract'
        )

)

select
    {{ before_the_dot('published_files.dataset') }} as source_system,
    published_files.source_instance,
    published_files.dataset,
    published_files.dataset_kind,
    published_files.path,
    published_files.header,
    records.file_id,
    records.row_number,
    records.line_number,
    published_files.publish_seq,
    {{ utc_timestamp('published_files.known_at') }} as published_at,
    published_files.retract_seq,
    {{ utc_timestamp('published_files.retracted_at') }} as retracted_at,
    published_files.known_at_basis,
    coalesce(
        published_files.snapshot_date,
        {{ local_date(utc_timestamp('published_files.known_at'), env_var('OKR_TIMEZONE', 'UTC')) }}
    ) as snapshot_date,
    records.cells
from published_files
inner join records
    on published_files.file_id = records.file_id
