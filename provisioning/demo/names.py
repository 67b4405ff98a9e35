"""Pure: who works in the demo, what they own, and where they live. Nobody here exists; the addresses cannot either."""

from __future__ import annotations

from typing import NamedTuple

LONDON, BERLIN, NEW_YORK, SINGAPORE = "Europe/London", "Europe/Berlin", "America/New_York", "Asia/Singapore"

ADMIN = "Ada Adeyemi"
OBSERVERS = ("Nia Okafor", "Tom Lindqvist", "Priya Raman")
"""Support, communication and finance: they read."""
DIRECTORS = ("Dana Whitfield", "Henrik Solberg")
MANAGERS = ("Mia Marsh", "Omar Haddad", "Ingrid Falk", "Samuel Osei", "Chiara Conti", "Wei Zhang")


class TeamSeed(NamedTuple):
    """A team: its people (the first one leads), where they sit, and its area."""

    slug: str
    name: str
    area: str
    zone: str
    people: tuple[str, ...]


AREAS = {"shop": "Shop", "money": "Money", "platform": "Platform", "data": "Data & messaging"}

TEAMS = (
    TeamSeed("storefront", "Storefront", "shop", LONDON, ("Alice Ames", "Bob Bell", "Zoë Hughes", "Kofi Mensah")),
    TeamSeed("search", "Search & browse", "shop", BERLIN, ("Jonas Weber", "Łukasz Nowak", "Emre Demir", "Clara Vogt")),
    TeamSeed("checkout", "Checkout", "shop", LONDON, ("Ruth Clarke", "Dev Patel", "Siobhán Walsh", "Yusuf Ali")),
    TeamSeed("payments", "Payments", "money", LONDON, ("Nadia Petrova", "Ravi Menon", "Ellen Reid", "Marcus Hale")),
    TeamSeed("billing", "Billing", "money", BERLIN, ("Sven Albrecht", "Aylin Kaya", "Petra Novák", "Mateo García")),
    TeamSeed("fraud", "Fraud & risk", "money", NEW_YORK, ("Dina Cohen", "Luis Ortega", "Keisha Brown", "Ethan Park")),
    TeamSeed(
        "edge", "Edge & network", "platform", BERLIN, ("Anton Becker", "Lena Schulz", "Ivan Horvat", "Noor Bakker")
    ),
    TeamSeed(
        "identity",
        "Identity",
        "platform",
        LONDON,
        ("Imogen Shaw", "Tariq Aziz", "Fatima Zahra El-Amrani", "Owen Price"),
    ),
    TeamSeed("runtime", "Runtime", "platform", SINGAPORE, ("Mei Lin Tan", "Arjun Rao", "Hana Sato", "Nguyễn Minh Anh")),
    TeamSeed(
        "warehouse", "Data warehouse", "data", NEW_YORK, ("Carla Reyes", "Ben Fischer", "Aisha Bello", "Sam Doyle")
    ),
    TeamSeed("messaging", "Messaging", "data", LONDON, ("Gwen Morris", "Pavel Dvořák", "Leila Haidari", "Jack Turner")),
    TeamSeed(
        "insights", "Insights", "data", BERLIN, ("Timo Krüger", "Sofia Rossi", "Abdullah Al-Rashid", "Julia Brandt")
    ),
)


class ServiceSeed(NamedTuple):
    """A service: availability target in % (None: not agreed), money at risk per hour, and how often it makes noise."""

    slug: str
    name: str
    team: str
    target: str | None
    exposure: int
    noise: int
    facing: bool = False
    group: str = ""
    """Heading on the public page; empty: customers do not know it."""


SERVICES = (
    ServiceSeed("web-shop", "Web shop", "storefront", "99.9", 620_000, 3, True, "Shop"),
    ServiceSeed("mobile-api", "Mobile API", "storefront", "99.9", 480_000, 3, True, "Shop"),
    ServiceSeed("content", "Content & images", "storefront", "99.5", 90_000, 2, True, "Shop"),
    ServiceSeed("price-feed", "Price feed", "storefront", "99.0", 60_000, 2),
    ServiceSeed("product-search", "Product search", "search", "99.9", 310_000, 4, True, "Shop"),
    ServiceSeed("recommendations", "Recommendations", "search", "99.0", 40_000, 2),
    ServiceSeed("catalogue", "Catalogue", "search", "99.5", 210_000, 2),
    ServiceSeed("basket", "Basket", "checkout", "99.9", 540_000, 3, True, "Checkout"),
    ServiceSeed("order-api", "Orders", "checkout", "99.9", 700_000, 4, True, "Checkout"),
    ServiceSeed("delivery-slots", "Delivery slots", "checkout", "99.5", 150_000, 2, True, "Checkout"),
    ServiceSeed("returns", "Returns", "checkout", "99.0", 12_000, 1),
    ServiceSeed("card-payments", "Card payments", "payments", "99.99", 900_000, 4, True, "Payments"),
    ServiceSeed("wallets", "Wallets", "payments", "99.9", 260_000, 2, True, "Payments"),
    ServiceSeed("payouts", "Payouts", "payments", "99.5", 110_000, 2),
    ServiceSeed("ledger", "Ledger", "payments", "99.9", 0, 1),
    ServiceSeed("invoicing", "Invoicing", "billing", "99.5", 45_000, 2, True, "Payments"),
    ServiceSeed("subscriptions", "Subscriptions", "billing", "99.5", 75_000, 2),
    ServiceSeed("tax", "Tax calculation", "billing", "99.5", 85_000, 1),
    ServiceSeed("fraud-scoring", "Fraud scoring", "fraud", "99.9", 130_000, 3),
    ServiceSeed("chargebacks", "Chargebacks", "fraud", "95.0", 5_000, 1),
    ServiceSeed("rules-engine", "Rules engine", "fraud", "99.0", 30_000, 1),
    ServiceSeed("edge-gateway", "Gateway", "edge", "99.99", 820_000, 3, True, "Platform"),
    ServiceSeed("dns", "DNS", "edge", "99.99", 820_000, 1),
    ServiceSeed("cdn", "Content delivery", "edge", "99.9", 200_000, 2),
    ServiceSeed("certificates", "Certificates", "edge", "99.5", 0, 1),
    ServiceSeed("sign-in", "Sign-in", "identity", "99.9", 500_000, 3, True, "Platform"),
    ServiceSeed("accounts", "Accounts", "identity", "99.5", 120_000, 2, True, "Platform"),
    ServiceSeed("permissions", "Permissions", "identity", "99.9", 150_000, 1),
    ServiceSeed("clusters", "Clusters", "runtime", "99.9", 300_000, 4),
    ServiceSeed("databases", "Managed databases", "runtime", "99.9", 400_000, 4),
    ServiceSeed("build-farm", "Build farm", "runtime", None, 0, 5),
    ServiceSeed("secrets-store", "Secrets store", "runtime", "99.9", 90_000, 1),
    ServiceSeed("event-stream", "Event stream", "warehouse", "99.5", 95_000, 4),
    ServiceSeed("nightly-loads", "Nightly loads", "warehouse", "95.0", 6_000, 6),
    ServiceSeed("reporting", "Reporting", "warehouse", None, 3_000, 2),
    ServiceSeed("mail-out", "Mail to customers", "messaging", "99.0", 20_000, 3, True, "Messages"),
    ServiceSeed("push-out", "Push messages", "messaging", "99.0", 15_000, 2, True, "Messages"),
    ServiceSeed("sms-out", "Text messages", "messaging", "99.0", 25_000, 2),
    ServiceSeed("experiments", "Experiments", "insights", None, 2_000, 2),
    ServiceSeed("dashboards", "Dashboards", "insights", "95.0", 0, 3),
)
