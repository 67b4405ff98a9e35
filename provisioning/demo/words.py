"""Pure: what people wrote into postmortems."""

from __future__ import annotations

from provisioning.demo.happenings import Case

UNITS = {"critical": 11_000, "major": 2_400, "standard": 300}
WAIVERS = {
    "internal_only": "No customer was affected in the end: the requests were repeated and went through.",
    "upstream_report": "The provider publishes a report of its own, to which our page links.",
    "contract": "The contract with the partner forbids to publish it; they have our report.",
    "duplicate": "It is told in the postmortem of the incident before, which had the same conditions.",
}
EXTENSION = "We wait for the figures of the provider; without them half of the timeline is missing."
PLANNED = "We will do this next:"


def summary(case: Case, name: str) -> str:
    """What happened, in at least 120 characters of plain words."""
    return case.mode.summary.format(service=name, minutes=lasted(case))


def lasted(case: Case) -> int:
    """Minutes until it was better, as people would count them."""
    felt = case.minutes or (case.mitigated - case.detected).total_seconds() / 60
    return max(1, round(felt))


def impact(case: Case) -> str:
    """What customers felt, with a number."""
    if case.impact is None:
        return f"0 customers: colleagues waited for {lasted(case)} minutes."
    return f"About {UNITS[case.severity]:,} customers {case.mode.customers}, for {lasted(case)} minutes."


def public(case: Case, name: str) -> str:
    """The text for customers (Markdown): how long, what they could not do, what we do next, and that we are sorry."""
    began = case.impact or case.detected
    fixes = "\n".join(f"- {fix.title}" for fix in case.mode.fixes)
    return (
        f"On {began:%-d %B %Y}, from {began:%H:%M} to {case.mitigated:%H:%M} UTC, for {lasted(case)} minutes, some of our"
        f" customers {case.mode.customers}. {name} was not there when you needed it, and we are sorry.\n\n"
        f"## What happened\n\n{summary(case, name)}\n\n## What we change\n\n{PLANNED}\n\n{fixes}\n"
    )
