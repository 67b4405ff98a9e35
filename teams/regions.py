"""Pure: public holidays by region, as the library `holidays` knows them. A region is an ISO 3166 code: GB, GB-ENG, US-CA."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

FIRST, LAST = 1970, 2100
"""Years outside of these have no holidays here: no roster is asked about them, and a loop over them must end."""


@lru_cache(maxsize=1)
def known() -> Mapping[str, tuple[str, ...]]:
    """Every country by its two letters with its subdivisions, in order."""
    import holidays  # a third of a second: only who asks pays

    listed = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(sorted(parts)) for country, parts in sorted(listed.items())}


def is_known(region: str) -> bool:
    """Whether `region` is a country or one of its subdivisions that has a calendar."""
    country, _, part = region.partition("-")
    return country in known() and (not part or part in known()[country])


def holiday(region: str, day: date) -> str:
    """The name of the public holiday that `day` is in `region`, in English where there is a translation; empty: none.

    An empty or unknown region has no holidays.
    """
    return _year(region, day.year).get(day, "") if region else ""


@lru_cache(maxsize=512)
def _year(region: str, year: int) -> Mapping[date, str]:
    import holidays

    if not FIRST <= year <= LAST or not is_known(region):
        return {}
    country, _, part = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    except NotImplementedError:
        return {}
    return {day: name for day, name in found.items() if day.year == year}
