"""Words for health, tool by tool: the same word means different things."""

from __future__ import annotations

__all__ = ["VOCABULARIES", "closing_word", "health_word"]

VOCABULARIES: dict[str, tuple[tuple[str, str, str], str, tuple[str, str, str] | None]] = {
    "asana": (("On Track", "At Risk", "Off Track"), "", ("Achieved", "Partial", "Missed")),
    "atlassian": (("On track", "At risk", "Off track"), "Pending", ("Completed", "Completed", "Completed")),
    "mooncamp": (
        ("On track", "Progressing", "Off track"),
        "Not started",
        ("Achieved", "Partially achieved", "Missed"),
    ),
    "profit": (("ON_TRACK", "AT_RISK", "IN_TROUBLE"), "NOT_STARTED", ("COMPLETED", "COMPLETED", "COMPLETED")),
    "engagedly": (("On Track", "Behind", "At Risk"), "", None),
    "gitlab": (("On track", "Needs attention", "At risk"), "", None),
    "koan": (("On Track", "Has Issues", "At Risk"), "", None),
    "viva": (("On track", "At risk", "Behind"), "Not started", ("Closed", "Closed", "Closed")),
}
"""Per tool: words from best to worst, the word before the start, words of the close from best to worst."""


def health_word(vocabulary: str, confidence: int, started: bool) -> str:
    """The word for a forecast of 0..10, or for not having begun where the tool has one."""
    words, waiting, _ = VOCABULARIES[vocabulary]
    if not started and waiting:
        return waiting
    good, fair = (8, 4) if vocabulary == "koan" else (6, 4)
    return words[0] if confidence >= good else words[1] if confidence >= fair else words[2]


def closing_word(vocabulary: str, share: float, threshold: float) -> str:
    """The word a tool shows after the close; empty where it has none."""
    words = VOCABULARIES[vocabulary][2]
    if words is None:
        return ""
    return words[0] if share >= threshold else words[1] if share >= 0.4 else words[2]
