"""Names of people, and mail addresses that can't exist."""

from __future__ import annotations

import unicodedata

__all__ = ["FAMILY_NAMES", "GIVEN_NAMES", "mail_address"]

GIVEN_NAMES = (
    "Ada", "Aisha", "Alan", "Amara", "Amina", "Anders", "Ania", "Arjun", "Astrid", "Ayo", "Beatriz",
    "Benedikt", "Bruno", "Carla", "Chen", "Clara", "Daniel", "Deniz", "Diego", "Dorota", "Elena", "Elif",
    "Emeka", "Erik", "Esther", "Farid", "Fiona", "Francesca", "Freya", "Gabriel", "Grace", "Hana",
    "Hassan", "Helena", "Hugo", "Ida", "Imani", "Ines", "Ingrid", "Isaac", "Ivana", "Jakob", "Jana",
    "Jonas", "Julia", "Kaito", "Karim", "Katrin", "Kenji", "Lars", "Laura", "Leila", "Liam", "Linh",
    "Lucia", "Magnus", "Maja", "Marco", "Mariam", "Marta", "Mateo", "Mei", "Mila", "Nadia", "Naomi",
    "Niklas", "Nina", "Noah", "Olga", "Oscar", "Paula", "Pedro", "Petra", "Priya", "Rafael", "Ravi",
    "Rosa", "Ruth", "Samir", "Sanna", "Sara", "Sofia", "Stefan", "Suresh", "Tariq", "Tessa", "Thabo",
    "Theo", "Tomas", "Uma", "Vera", "Viktor", "Wanjiru", "Willem", "Xin", "Yara", "Yusuf", "Zofia",
)  # fmt: skip

FAMILY_NAMES = (
    "Abara", "Adler", "Ahmed", "Almeida", "Andersson", "Bakker", "Banerjee", "Becker", "Berg", "Bianchi",
    "Brandt", "Carvalho", "Castro", "Cohen", "Costa", "Dahl", "Danso", "Diallo", "Dubois", "Eriksen",
    "Farkas", "Fischer", "Fontaine", "Garcia", "Gupta", "Haddad", "Hansen", "Hoffmann", "Holm", "Ito",
    "Ivanova", "Jansen", "Johansson", "Kamau", "Kaya", "Keller", "Khan", "Kowalski", "Kovac", "Larsen",
    "Lehmann", "Lindqvist", "Lopez", "Marin", "Mensah", "Meyer", "Moreau", "Mwangi", "Nair", "Nakamura",
    "Nguyen", "Nielsen", "Novak", "Nowak", "Okafor", "Okonkwo", "Olsen", "Ortega", "Osei", "Park",
    "Patel", "Pereira", "Petrov", "Popescu", "Rahman", "Reyes", "Ricci", "Romero", "Rossi", "Sato",
    "Schmid", "Sharma", "Silva", "Singh", "Smit", "Soto", "Suzuki", "Takahashi", "Tanaka", "Torres",
    "Tran", "Vargas", "Vega", "Virtanen", "Visser", "Wagner", "Weber", "Winter", "Wong", "Yilmaz",
    "Zhang",
)  # fmt: skip


def mail_address(name: str, taken: set[str]) -> str:
    """A free address of this name under a domain reserved for examples; adds it to those taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(" ", ".")
    address, number = f"{plain}@alderwick.example", 2
    while address in taken:
        address, number = f"{plain}{number}@alderwick.example", number + 1
    taken.add(address)
    return address
