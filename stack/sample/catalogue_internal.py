"""Objectives of the functions behind the scenes: engineering, data, security, operations, finance, people."""

from __future__ import annotations

from stack.sample.templates import Theme, band, cap, count, done, fall, keep, rise, steps

__all__ = ["INTERNAL_THEMES"]

ENGINEERING = (
    Theme(
        "Ship small, ship often, sleep well",
        "Flow before heroics.",
        (
            fall(
                "Cut lead time for a change from {start} to {target} hours", "hours", (46, 110), (0.45, 0.75)
            ),
            rise("Raise deployments a week from {start} to {target}", "deployments", (14, 40), (1.3, 1.9)),
            fall("Lower the change failure rate from {start}% to {target}%", "%", (12, 22), (0.5, 0.75), 1),
            steps("Move all services to the shared pipeline", 5),
            cap("No more than {high} rollbacks in production", "rollbacks", (5, 14)),
        ),
    ),
    Theme(
        "An interface partners love to build on",
        "Documented, stable, boring in the best sense.",
        (
            count("Bring {target} partner integrations live", "integrations", (4, 11)),
            fall(
                "Bring errors per 10,000 calls down from {start} to {target}", "errors", (25, 60), (0.4, 0.7)
            ),
            done("Publish version 2 of the public interface"),
            rise("Raise documentation coverage from {start}% to {target}%", "%", (55, 70), (1.15, 1.4), 1),
            keep("Keep the 95th percentile below target on {low}% of days", "%", (92, 97), 1),
        ),
    ),
)

RELIABILITY = (
    Theme(
        "A platform nobody has to think about",
        "Availability first, cost right behind.",
        (
            keep("Keep availability at or above {low}%", "%", (99.5, 99.95), 2),
            fall("Cut the time to recover from {start} to {target} minutes", "minutes", (48, 95), (0.4, 0.7)),
            cap("No more than {high} incidents of severity 1 or 2", "incidents", (4, 12)),
            steps("Rehearse failover for every core service", 4),
            fall(
                "Lower cloud cost per order from {start} to {target} cents",
                "cents",
                (11, 19),
                (0.65, 0.85),
                1,
            ),
        ),
    ),
    Theme(
        "Capacity before the season, not after",
        "The peak is known a year ahead.",
        (
            rise(
                "Raise proven peak load from {start} to {target} requests per second",
                "requests/s",
                (900, 2_400),
                (1.3, 1.8),
            ),
            band("Hold utilisation between {low}% and {high}%", "%", (42, 52), (0.35, 0.6)),
            done("Finish the move out of the old data centre"),
            count("Run {target} game days", "game days", (3, 7)),
        ),
    ),
)

DATA = (
    Theme(
        "Numbers people trust without asking",
        "One definition, one owner, one place.",
        (
            rise("Raise tables with a named owner from {start}% to {target}%", "%", (45, 62), (1.25, 1.6), 1),
            fall("Cut data incidents a month from {start} to {target}", "incidents", (9, 18), (0.35, 0.65)),
            steps("Move the finance reports to the warehouse", 5),
            keep("Have fresh data by 07:00 on at least {low}% of days", "%", (90, 97), 1),
            count("Certify {target} metrics with their owners", "metrics", (12, 30)),
        ),
    ),
    Theme(
        "Decisions by experiment",
        "A test in days, a verdict in weeks.",
        (
            count("Bring {target} experiments to a verdict", "experiments", (8, 20)),
            fall(
                "Shorten the set-up of an experiment from {start} to {target} days",
                "days",
                (7, 14),
                (0.35, 0.65),
                1,
            ),
            rise("Raise teams that run experiments from {start} to {target}", "teams", (6, 10), (1.4, 1.9)),
            done("Open the experiment catalogue to everyone"),
        ),
    ),
)

SECURITY = (
    Theme(
        "Close the doors we know about",
        "Known holes first, new ones fast.",
        (
            fall(
                "Bring overdue critical findings down from {start} to {target}",
                "findings",
                (24, 60),
                (0.1, 0.4),
            ),
            rise(
                "Raise sign-in with a second factor from {start}% to {target}%",
                "%",
                (64, 80),
                (1.15, 1.25),
                1,
            ),
            count("Finish {target} threat models", "models", (5, 12)),
            keep("Patch critical holes within 14 days in at least {low}% of cases", "%", (88, 96), 1),
            done("Pass the external audit without a major finding"),
        ),
    ),
    Theme(
        "Everyone knows what a bad mail looks like",
        "People are the first line.",
        (
            fall("Lower clicks in phishing tests from {start}% to {target}%", "%", (11, 19), (0.4, 0.65), 1),
            rise("Raise completed trainings from {start}% to {target}%", "%", (58, 72), (1.2, 1.35), 1),
            steps("Run the new incident drill in all units", 4),
            cap("No more than {high} lost devices without encryption", "devices", (2, 5)),
        ),
    ),
)

OPERATIONS = (
    Theme(
        "Right parcel, right day, first time",
        "Promises to customers are kept in the warehouse.",
        (
            rise("Raise on-time delivery from {start}% to {target}%", "%", (86, 92), (1.03, 1.07), 1),
            fall(
                "Cut picking errors per 10,000 lines from {start} to {target}",
                "errors",
                (22, 44),
                (0.45, 0.7),
            ),
            rise("Raise lines picked per hour from {start} to {target}", "lines", (72, 98), (1.1, 1.25)),
            steps("Switch all sites to the new scanners", 5),
            band("Hold stock between {low} and {high} days of sales", "days", (24, 32), (0.2, 0.4)),
        ),
    ),
    Theme(
        "Less distance, less waste",
        "Every kilometre and every box counts.",
        (
            fall("Lower emissions per parcel from {start} to {target} g", "g", (480, 820), (0.75, 0.9)),
            rise(
                "Raise parcels in reused packaging from {start}% to {target}%", "%", (12, 28), (1.4, 2.0), 1
            ),
            count("Move {target} lanes from road to rail", "lanes", (4, 10)),
            cap("Write off no more than {high} k€ of goods", "k€", (40, 120)),
            done("Open the second returns centre"),
        ),
    ),
)

FINANCE = (
    Theme(
        "Close the books while they still matter",
        "A report on day five beats a perfect one on day fifteen.",
        (
            fall(
                "Shorten the monthly close from {start} to {target} working days",
                "days",
                (8, 12),
                (0.5, 0.7),
                1,
            ),
            rise(
                "Raise invoices matched without a hand from {start}% to {target}%",
                "%",
                (54, 70),
                (1.15, 1.35),
                1,
            ),
            fall(
                "Bring overdue receivables down from {start} to {target} k€", "k€", (700, 1_900), (0.5, 0.75)
            ),
            steps("Bring all entities onto one chart of accounts", 5),
            band("Hold the forecast error between {low}% and {high}%", "%", (1.5, 2.5), (0.8, 1.4), 1),
        ),
    ),
    Theme(
        "Buy better, not more",
        "Fewer suppliers, clearer terms.",
        (
            rise("Raise spend under contract from {start}% to {target}%", "%", (58, 72), (1.12, 1.3), 1),
            count("Renegotiate {target} large contracts", "contracts", (6, 14)),
            cap("Keep unplanned purchases within {high} k€", "k€", (60, 180)),
            done("Put the supplier code of conduct into every new contract"),
        ),
    ),
)

PEOPLE = (
    Theme(
        "A place good people stay",
        "Reasons to stay before reasons not to leave.",
        (
            fall("Lower yearly turnover from {start}% to {target}%", "%", (12, 19), (0.7, 0.88), 1),
            rise("Raise engagement from {start} to {target} points", "points", (64, 73), (1.05, 1.12), 1),
            count("Hold {target} career conversations", "conversations", (40, 110)),
            steps("Introduce the new job levels in every unit", 4),
            keep("Keep answers to the monthly survey at or above {low}%", "%", (66, 78), 1),
        ),
    ),
    Theme(
        "Hire well and hire in time",
        "A vacancy costs more than a recruiter.",
        (
            fall("Cut the time to hire from {start} to {target} days", "days", (48, 70), (0.6, 0.8)),
            count("Fill {target} open positions", "positions", (8, 26)),
            rise("Raise accepted offers from {start}% to {target}%", "%", (66, 78), (1.08, 1.2), 1),
            done("Train all hiring managers in structured interviews"),
            cap("Keep agency fees within {high} k€", "k€", (40, 150)),
        ),
    ),
)

COMPANY = (
    Theme(
        "Grow in the right places",
        "Growth that pays for itself.",
        (
            rise("Raise revenue in the quarter from {start} to {target} m€", "m€", (18, 42), (1.05, 1.15), 1),
            rise("Raise operating margin from {start}% to {target}%", "%", (6, 11), (1.1, 1.3), 1),
            count("Enter {target} new markets", "markets", (2, 4)),
            done("Decide on the next acquisition"),
            keep("Keep cash on hand at or above {low} m€", "m€", (8, 16), 1),
        ),
    ),
    Theme(
        "Customers who would miss us",
        "The only advantage that lasts.",
        (
            rise("Raise the recommendation score from {start} to {target}", "points", (28, 44), (1.12, 1.3)),
            fall("Lower yearly churn from {start}% to {target}%", "%", (8, 14), (0.75, 0.9), 1),
            steps("Roll out the service promise in every unit", 4),
            cap("No more than {high} public complaints", "complaints", (6, 15)),
        ),
    ),
    Theme(
        "One organisation that learns",
        "Say what we will do, look at what we did.",
        (
            rise(
                "Raise goals with a weekly check-in from {start}% to {target}%",
                "%",
                (48, 64),
                (1.15, 1.35),
                1,
            ),
            count("Share {target} reviews across units", "reviews", (6, 14)),
            rise("Raise engagement from {start} to {target} points", "points", (63, 72), (1.05, 1.12), 1),
            done("Publish the plan for the next three years"),
        ),
    ),
)

INTERNAL_THEMES: dict[str, tuple[Theme, ...]] = {
    "engineering": ENGINEERING,
    "reliability": RELIABILITY,
    "data": DATA,
    "security": SECURITY,
    "operations": OPERATIONS,
    "finance": FINANCE,
    "people": PEOPLE,
    "company": COMPANY,
}
