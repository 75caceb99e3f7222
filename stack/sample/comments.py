"""What owners write into a check-in: never how it ended, only how it looks today."""

from __future__ import annotations

import numpy as np

__all__ = ["CLOSING_COMMENTS", "MENDED", "comment_on"]

GOOD = (
    "Good week, ahead of the plan.",
    "Numbers moved as expected.",
    "The new flow is live for half of our customers and holds up.",
    "Two large customers joined this week.",
    "The test gave a clear result, we roll it out further.",
    "Momentum is good, thanks to the help from {team}.",
    "The change from last week pays off.",
    "Small step up, in line with what we planned.",
    "Everything we need from others is here.",
    "Better than I thought two weeks ago.",
)
FAIR = (
    "Slow week because of holidays, we catch up next week.",
    "Flat since the last check-in, the next release should help.",
    "Waiting for a decision from {team}.",
    "Half of the team was busy with the incident.",
    "We changed the approach, first effect expected in two weeks.",
    "Measurement is late this week, number is an estimate.",
    "Progress is uneven between the regions.",
    "The easy part is behind us.",
)
BAD = (
    "No movement, we are still blocked by {team}.",
    "We can't start before the contract is signed, and it is not.",
    "The effect did not show up in the data.",
    "Not enough people on this, two of us were moved to another topic.",
    "No budget for the second phase, so nothing happened this week.",
    "The supplier has not delivered and won't before next month.",
    "It is not clear any more that this matters, nobody asks for it.",
    "We never got the access we need, without it there is no progress.",
    "The pilot did not convince the users, we don't have a plan B yet.",
    "Lost a week, the migration failed and had to be rolled back.",
)
CLOSING_COMMENTS = (
    "Final number of the quarter.",
    "Last reading before the review.",
    "Closing value from the report.",
    "",
)
MENDED = (
    "Corrected a typing error.",
    "Updated with the final figure of the week.",
    "Number replaced after a check.",
)


def comment_on(
    rng: np.random.Generator, distance: float, confidence: float, candour: float, team: str
) -> str:
    """A comment, or none in four of ten cases.

    With candour the words follow how things really stand (`distance` above the bar on the latent scale), else
    what the owner says anyway (`confidence`, 0..1).
    """
    silent, honest, choice = rng.random(), rng.random(), rng.random()
    if silent < 0.4:
        return ""
    mood = distance if honest < candour else 2.0 * (confidence - 0.55)
    mood += 0.5 * float(rng.normal())
    words = GOOD if mood > 0.35 else FAIR if mood > -0.35 else BAD
    return words[int(choice * len(words))].format(team=team)
