"""Objectives of the functions that face customers: product, marketing, sales, success, support."""

from __future__ import annotations

from stack.sample.templates import Theme, band, cap, count, done, fall, keep, rise, steps

__all__ = ["CUSTOMER_THEMES"]

PRODUCT = (
    Theme(
        "Make buying effortless on every device",
        "Fewer steps and fewer surprises between basket and receipt.",
        (
            rise("Raise checkout completion from {start}% to {target}%", "%", (52, 66), (1.08, 1.22), 1),
            fall("Cut the median time to pay from {start} s to {target} s", "s", (70, 130), (0.55, 0.8)),
            rise(
                "Grow the share of returning buyers from {start}% to {target}%", "%", (24, 38), (1.1, 1.3), 1
            ),
            done("Launch one-tap payment for signed-in customers"),
            keep("Keep payment success at or above {low}%", "%", (96.5, 98.5), 1),
        ),
    ),
    Theme(
        "Help people find what they came for",
        "Search and browse answer the first question, not the third.",
        (
            fall(
                "Bring searches without a result down from {start}% to {target}%",
                "%",
                (9, 16),
                (0.45, 0.75),
                1,
            ),
            rise(
                "Raise click-through on the first results page from {start}% to {target}%",
                "%",
                (31, 44),
                (1.1, 1.3),
                1,
            ),
            count("Ship {target} search experiments to a decision", "experiments", (6, 14)),
            steps("Move search to the new ranking service", 5),
            band("Hold search latency between {low} and {high} ms", "ms", (90, 140), (0.5, 0.9)),
        ),
    ),
    Theme(
        "Turn first-time users into regulars",
        "The first week decides whether people stay.",
        (
            rise("Lift day-7 retention from {start}% to {target}%", "%", (18, 30), (1.12, 1.35), 1),
            rise(
                "Raise weekly active users from {start} to {target}", "users", (24_000, 90_000), (1.1, 1.35)
            ),
            fall("Shorten sign-up from {start} to {target} minutes", "minutes", (5, 9), (0.4, 0.7), 1),
            done("Release the new home screen to all users"),
            count("Interview {target} customers who left in their first month", "interviews", (15, 40)),
        ),
    ),
    Theme(
        "An app people recommend to a friend",
        "Quality that shows in the store and in the survey.",
        (
            rise("Improve the store rating from {start} to {target}", "stars", (3.6, 4.2), (1.05, 1.14), 1),
            fall(
                "Reduce crashes per 1,000 sessions from {start} to {target}",
                "crashes",
                (4, 9),
                (0.35, 0.65),
                1,
            ),
            rise("Raise the recommendation score from {start} to {target}", "points", (22, 38), (1.15, 1.45)),
            steps("Meet the accessibility guideline on all main screens", 4),
            cap("No more than {high} emergency releases", "releases", (2, 6)),
        ),
    ),
)

MARKETING = (
    Theme(
        "Be the first name people think of",
        "Awareness that can be measured, and not only bought.",
        (
            rise("Raise unaided brand awareness from {start}% to {target}%", "%", (14, 26), (1.12, 1.35), 1),
            rise(
                "Grow organic visits a month from {start} to {target}",
                "visits",
                (80_000, 240_000),
                (1.12, 1.4),
            ),
            count("Publish {target} customer stories", "stories", (5, 12)),
            done("Open the new brand site in all three languages"),
            cap("Keep campaign spend within {high} k€", "k€", (120, 420)),
        ),
    ),
    Theme(
        "Win more customers for the same money",
        "Better aim before bigger budgets.",
        (
            fall(
                "Bring the cost of a new customer down from {start} € to {target} €",
                "€",
                (38, 85),
                (0.68, 0.88),
                1,
            ),
            rise("Raise trial-to-paid conversion from {start}% to {target}%", "%", (4, 9), (1.2, 1.6), 1),
            rise(
                "Grow newsletter subscribers from {start} to {target}",
                "subscribers",
                (30_000, 90_000),
                (1.1, 1.3),
            ),
            count("Test {target} new channels to a clear yes or no", "channels", (4, 9)),
            keep("Hold return on ad spend at or above {low}", "ratio", (2.8, 4.2), 1),
        ),
    ),
    Theme(
        "Speak to every customer as one person",
        "Messages that know what was said before.",
        (
            rise(
                "Raise the open rate of service mails from {start}% to {target}%",
                "%",
                (28, 41),
                (1.1, 1.3),
                1,
            ),
            fall("Lower unsubscribes per mailing from {start}% to {target}%", "%", (0.6, 1.4), (0.5, 0.8), 2),
            steps("Bring all consent records into one place", 5),
            rise(
                "Grow repeat purchases within 60 days from {start}% to {target}%",
                "%",
                (15, 24),
                (1.12, 1.35),
                1,
            ),
            done("Retire the old campaign tool"),
        ),
    ),
)

SALES = (
    Theme(
        "A pipeline that carries the next two quarters",
        "Enough of the right conversations, early enough.",
        (
            rise("Grow qualified pipeline from {start} to {target} k€", "k€", (1_800, 5_200), (1.15, 1.45)),
            count("Hold {target} first meetings with new accounts", "meetings", (40, 110)),
            rise("Raise the win rate from {start}% to {target}%", "%", (18, 27), (1.1, 1.35), 1),
            fall("Shorten the sales cycle from {start} to {target} days", "days", (62, 96), (0.72, 0.9)),
            done("Agree the new price list with all regions"),
        ),
    ),
    Theme(
        "Grow with the customers we have",
        "Expansion comes from use, not from pressure.",
        (
            rise("Raise net revenue retention from {start}% to {target}%", "%", (98, 106), (1.03, 1.08), 1),
            count("Close {target} expansion deals", "deals", (8, 24)),
            count("Run {target} account reviews with a director in the room", "reviews", (10, 26)),
            keep("Keep gross margin on renewals at or above {low}%", "%", (58, 68), 1),
            cap("Grant no more than {high} discounts above the limit", "discounts", (4, 12)),
        ),
    ),
    Theme(
        "Partners that sell without us in the room",
        "Fewer partners, better prepared.",
        (
            count("Sign {target} new resellers", "resellers", (4, 10)),
            rise("Raise partner-sourced revenue from {start} to {target} k€", "k€", (240, 800), (1.2, 1.6)),
            count("Certify {target} partner consultants", "consultants", (12, 40)),
            steps("Open the partner portal", 4),
            band("Hold partner commission between {low}% and {high}%", "%", (9, 13), (0.25, 0.45), 1),
        ),
    ),
)

SUCCESS = (
    Theme(
        "Customers reach their first result in weeks",
        "Time to value is our promise.",
        (
            fall("Cut onboarding from {start} to {target} days", "days", (34, 58), (0.55, 0.8)),
            rise(
                "Raise onboarding satisfaction from {start} to {target}",
                "points",
                (6.8, 7.9),
                (1.06, 1.16),
                1,
            ),
            count("Take {target} customers live", "customers", (10, 30)),
            steps("Rewrite the onboarding path for large customers", 5),
            keep("Keep weekly use among new customers at or above {low}%", "%", (62, 76), 1),
        ),
    ),
    Theme(
        "No customer leaves without our knowing why",
        "See the risk early and act on it.",
        (
            fall("Reduce yearly churn from {start}% to {target}%", "%", (9, 15), (0.7, 0.88), 1),
            rise(
                "Raise renewals closed before the due date from {start}% to {target}%",
                "%",
                (55, 72),
                (1.1, 1.3),
                1,
            ),
            count("Complete {target} health reviews", "reviews", (20, 50)),
            done("Put the early-warning report in front of every manager"),
            cap("Lose no more than {high} accounts to a competitor", "accounts", (3, 9)),
        ),
    ),
)

SUPPORT = (
    Theme(
        "One contact is enough",
        "Solve it while the customer is still there.",
        (
            rise("Raise first-contact resolution from {start}% to {target}%", "%", (58, 70), (1.08, 1.22), 1),
            fall(
                "Bring the first reply down from {start} to {target} minutes",
                "minutes",
                (45, 140),
                (0.45, 0.75),
            ),
            rise("Raise customer satisfaction from {start}% to {target}%", "%", (74, 84), (1.04, 1.12), 1),
            steps("Give all agents one customer view", 4),
            cap("No more than {high} complaints open longer than ten days", "complaints", (10, 30)),
        ),
    ),
    Theme(
        "Answers that people find by themselves",
        "The best ticket is the one nobody had to write.",
        (
            rise(
                "Raise the share of questions solved without an agent from {start}% to {target}%",
                "%",
                (32, 48),
                (1.12, 1.4),
                1,
            ),
            count("Rewrite the {target} most-read help pages", "pages", (25, 70)),
            fall(
                "Reduce contacts per 100 orders from {start} to {target}",
                "contacts",
                (7, 13),
                (0.65, 0.85),
                1,
            ),
            done("Put the new help centre live"),
            keep("Keep help page ratings at or above {low}%", "%", (70, 82), 1),
        ),
    ),
)

CUSTOMER_THEMES: dict[str, tuple[Theme, ...]] = {
    "product": PRODUCT,
    "marketing": MARKETING,
    "sales": SALES,
    "success": SUCCESS,
    "support": SUPPORT,
}
