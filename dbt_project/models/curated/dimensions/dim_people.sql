with people as (

    {{ current_versions(ref('int_people_unioned'), 'person_key') }}

)

select
    people.person_key,
    people.source_system,
    people.source_instance,
    people.person_id,
    people.person_name,
    people.email,
    people.team_key,
    people.is_active,
    people.known_at,
    people.file_id,
    people.row_number
from people
