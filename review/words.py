"""What a figure says, in the words of a page. Never 0 or 100 % for what nobody measured."""

from __future__ import annotations

from math import floor

from django.utils.translation import gettext as _

from foundation.ui import times
from review.values import Change, Count, Share, Times, Uptime, Value

NONE = "-"


def said(value: Value) -> str:
    """The figure itself: "4", "3 min, 7 min", "p50 7 min", "3 of 4", "99.912 %", "not measured", "-"."""
    match value:
        case Count():
            return str(value.value) if value.value is not None else _("not measured")
        case Times():
            return _times(value)
        case Share():
            return _share(value)
        case Uptime():
            return uptime(value.percent) if value.percent is not None else _("not measured")


def _times(value: Times) -> str:
    spread = value.spread
    if spread.few:
        return ", ".join(times.duration(seconds) for seconds in spread.values) or NONE
    return _("p50 %s") % times.duration(spread.p50)


def _share(value: Share) -> str:
    if value.total == 0:
        return NONE
    of = _("%(met)d of %(total)d") % {"met": value.met, "total": value.total}
    return of if value.percent is None else _("%(percent)d %% (%(of)s)") % {"percent": floor(value.percent), "of": of}


def uptime(percent: float) -> str:
    """Rounded down, so that no minute of outage disappears in 100 %."""
    return _("%s %%") % f"{floor(percent * 1000 + 1e-6) / 1000:.3f}"


def changed(change: Change | None) -> str:
    """ "+2 (+40 %)", "−3 min", "+0.4 points"; "-" where the formula allows none."""
    if change is None:
        return NONE
    percent = f" ({_signed(f'{abs(change.percent):.0f}', change.percent)} %)" if change.percent is not None else ""
    return _delta(change) + percent


def _delta(change: Change) -> str:
    size = abs(change.delta)
    if change.unit == "seconds":
        return _signed(times.duration(size), round(change.delta))
    if change.unit == "points":
        return _("%s points") % _signed(f"{size:.3f}".rstrip("0").rstrip("."), round(change.delta, 3))
    return _signed(f"{size:.0f}", change.delta)


def _signed(text: str, value: float) -> str:
    return f"±{text}" if value == 0 else f"+{text}" if value > 0 else f"−{text}"
