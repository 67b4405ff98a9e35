"""Calendars of others, as programs write them and as they should never be written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall import ics_text
from oncall.ics_in import Entry, read
from oncall.ics_names import Known, People, whom
from oncall.ics_rules import MOST_STEPS, Budget
from oncall.ics_text import CalendarRefused, events_of, zone_of
from tests.oncall.calendars_of_others import GOOGLE, ONCALL, OPSGENIE, OUTLOOK, calendar, event

AT = datetime(2026, 11, 21, 2, 4, tzinfo=UTC)
RULED = "SUMMARY:Ana\nUID:1\nDTSTART:20260101T090000\nDTEND:20260101T170000\nRRULE:"


def said(body: bytes, zone: str = "Europe/London") -> list[tuple[str, str, str]]:
    """(start, end, summary), in UTC."""
    return [(f"{e.start:%m-%d %H:%M}", f"{e.end:%m-%d %H:%M}", e.summary) for e in read(body, zone=zone, at=AT)]


def refusal(body: bytes) -> str:
    with pytest.raises(CalendarRefused) as refused:
        read(body, zone="Europe/London", at=AT)
    return str(refused.value)


def test_google_repeats_leaves_out_moves_and_cancels() -> None:
    """Weekly from Monday 09:00 in New York over the end of summer time: 1 left out, 1 moved, 1 cancelled, 1 all day."""
    assert said(GOOGLE) == [
        ("10-26 13:00", "10-26 21:00", "Ana Ames on call"),
        ("11-02 14:00", "11-02 22:00", "Ana Ames on call"),
        ("11-18 01:00", "11-18 03:00", "Bob Bell on call"),
        ("12-07 14:00", "12-07 22:00", "Ana Ames on call"),
        ("12-14 14:00", "12-14 22:00", "Ana Ames on call"),
        ("12-25 00:00", "12-26 00:00", "Company holiday"),
    ]


def test_outlook_says_its_zones_in_its_own_words() -> None:
    """Also where the file defines that zone differently: names are believed, definitions are not."""
    assert said(OUTLOOK, "Europe/Berlin") == [
        ("11-30 08:00", "11-30 16:00", "Mia Müller"),
        ("12-01 14:00", "12-01 15:00", "Straße, zwei"),
        ("12-24 23:00", "12-26 23:00", "Away"),
    ]


def test_exports_of_pagers_name_people_by_their_mail() -> None:
    found = read(ONCALL, zone="UTC", at=AT)
    assert [(e.summary, e.emails) for e in found] == [
        ("On Call - Payments - Primary", ("ana.ames@example.com",)),
        ("On Call - Payments - Primary", ("bob.bell@example.com",)),
    ]
    people = [Known(1, "ana.ames@example.com", "Ana Ames"), Known(2, "bob.bell@example.com", "Bob Bell")]
    assert [whom(e, People([]), People(people)) for e in found] == [1, 2]
    assert [whom(e, People([]), People(people)) for e in read(OPSGENIE, zone="UTC", at=AT)] == [1, None]


def test_a_day_is_the_local_one_also_when_it_has_25_hours() -> None:
    day = calendar(event("UID:1\nSUMMARY:H\nDTSTART;VALUE=DATE:20261025"))
    assert said(day) == [("10-24 23:00", "10-26 00:00", "H")]
    assert said(day, "America/New_York") == [("10-25 04:00", "10-26 04:00", "H")]
    same = calendar(event("UID:1\nSUMMARY:H\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225"))
    assert said(same, "UTC") == [("12-25 00:00", "12-26 00:00", "H")]
    short = calendar(event("UID:1\nSUMMARY:H\nDTSTART;VALUE=DATE:20270328"))
    assert said(short) == [("03-28 00:00", "03-28 23:00", "H")]


def test_times_without_a_zone_are_those_of_whoever_reads_it() -> None:
    floating = calendar(event("UID:1\nSUMMARY:F\nDTSTART:20261201T090000\nDURATION:PT2H"))
    assert said(floating, "Asia/Kolkata") == [("12-01 03:30", "12-01 05:30", "F")]
    assert said(floating, "America/New_York") == [("12-01 14:00", "12-01 16:00", "F")]


def test_times_that_the_clock_jumps_over_or_shows_twice() -> None:
    jumped = calendar(
        event("UID:1\nSUMMARY:J\nDTSTART;TZID=Europe/London:20270328T013000\nDTEND;TZID=Europe/London:20270328T110000")
    )
    assert said(jumped) == [("03-28 01:00", "03-28 10:00", "J")]
    twice = calendar(
        event("UID:1\nSUMMARY:T\nDTSTART;TZID=Europe/London:20261025T013000\nDTEND;TZID=Europe/London:20261025T100000")
    )
    assert said(twice) == [("10-25 00:30", "10-25 10:00", "T")]


def test_what_takes_no_time_or_leaves_people_free() -> None:
    found = read(
        calendar(
            event("UID:1\nSUMMARY:point\nDTSTART:20261201T090000Z"),
            event("UID:2\nSUMMARY:free\nDTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nTRANSP:TRANSPARENT"),
            event("UID:3\nSUMMARY:off\nDTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nSTATUS:CANCELLED"),
        ),
        zone="UTC",
        at=AT,
    )
    assert [(e.summary, e.busy) for e in found] == [("free", False)]


def test_what_lies_outside_of_the_days_is_not_there() -> None:
    days = [AT - timedelta(days=32), AT - timedelta(days=29), AT + timedelta(days=179), AT + timedelta(days=182)]
    rows = [event(f"UID:{d}\nSUMMARY:{d:%m-%d}\nDTSTART:{d:%Y%m%dT%H%M%SZ}\nDURATION:PT1H") for d in days]
    assert [e.summary for e in read(calendar(*rows), zone="UTC", at=AT)] == ["10-23", "05-19"]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("FREQ=SECONDLY", "“Ana” repeats every second: that is not read."),
        ("FREQ=SECONDLY;COUNT=5", "“Ana” repeats every second: that is not read."),
        ("FREQ=MINUTELY;INTERVAL=30", "“Ana” repeats every minute: that is not read."),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "“Ana” repeats within hours: that is not read."),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE=1,2,3,4,5,6,7;BYSECOND=1,2,3,4,5,6", "repeats so often"),
        (
            "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE="
            + ",".join(str(n) for n in range(60)),
            "repeats so often",
        ),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "“Ana” repeats by a rule that never comes true"),
        ("FREQ=YEARLY;BYDAY=54MO", "“Ana” repeats by a rule that never comes true"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=3", "“Ana” repeats by a rule that never comes true"),
        ("FREQ=DAILY;INTERVAL=0", "“Ana” repeats by a rule that cannot be read: FREQ=DAILY;INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "cannot be read"),
        ("FREQ=OFTEN", "“Ana” repeats by a rule that cannot be read: FREQ=OFTEN"),
        ("FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 400), "“Ana” repeats by a rule that cannot be read"),
        ("\N{SNOWMAN}", "“Ana” repeats by a rule that cannot be read"),
    ],
)
def test_rules_without_an_end_are_refused_before_anything_is_expanded(rule: str, sentence: str) -> None:
    """The look at the rules alone refuses them: nothing is expanded."""
    budget = Budget(datetime(2027, 6, 1))  # noqa: DTZ001
    (only,) = events_of(calendar(event(RULED + rule)), date(2026, 10, 1), date(2027, 6, 1))
    with pytest.raises(CalendarRefused, match="Ana"):
        budget.check(only)
    assert sentence in refusal(calendar(event(RULED + rule)))


def test_many_rules_share_one_budget() -> None:
    rows = [event(f"SUMMARY:No {n}\nUID:{n}\nDTSTART:19900101T090000\nRRULE:FREQ=DAILY") for n in range(20)]
    body = calendar(*rows)
    assert "“No 7” repeats so often" in refusal(body)
    budget = Budget(datetime(2027, 6, 1))  # noqa: DTZ001
    budget.check(events_of(calendar(rows[0]), date(2026, 10, 1), date(2027, 6, 1))[0])
    assert MOST_STEPS - budget.left == (datetime(2027, 6, 1) - datetime(1990, 1, 1)).days + 1  # noqa: DTZ001


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;COUNT=999999999", "FREQ=DAILY;UNTIL=99991231T000000Z", "FREQ=HOURLY;INTERVAL=12"]
)
def test_endless_rules_of_a_sensible_step_are_read(rule: str) -> None:
    found = read(calendar(event(RULED + rule)), zone="UTC", at=AT)
    assert 28 < len(found) < 430
    assert found[0].start < AT < found[-1].start


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "It is no calendar"),
        (b"<html>Sign in</html>", "It is no calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x", "It breaks off before its end."),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 9, "Its parts lie more than 4 deep in each other."),
        (b"BEGIN:VCALENDAR\r\n" + b"x" * ics_text.LARGEST, "It is larger than 5 MB"),
        (calendar(event("SUMMARY:Year one\nDTSTART:00010101T000000Z")), "“Year one” has no day from 1970 to 2100"),
        (calendar(event("SUMMARY:End\nDTSTART:20261201T000000Z\nDTEND:99991231T235959Z")), "“End” has no day from"),
        (calendar(event("SUMMARY:Long\nDTSTART:20261201T000000Z\nDURATION:P9999999999D")), "“Long” cannot be read"),
        (calendar(event("SUMMARY:Where\nDTSTART;TZID=Atlantis:20261201T000000")), "“Where” is on the clock of “Atlantis”"),
        (calendar(event("SUMMARY:When")), "“When” does not say when it begins."),
        (calendar(event("SUMMARY:Wide\nDTSTART:20261201T000000Z\nEXDATE:" + "20261201T000000Z," * 2000)), "“Wide” has a line"),
        (calendar(event("SUMMARY:Day\nDTSTART:20261201T250000Z")), "“Day”"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(body: bytes, sentence: str) -> None:
    assert sentence in refusal(body)


def test_more_events_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [event(f"UID:{n}\nSUMMARY:x\nDTSTART:20261201T{n:02}0000Z\nDURATION:PT1H") for n in range(12)]
    old = [
        event(f"UID:o{n}\nSUMMARY:x\nDTSTART:201612{n + 10}T000000Z\nDTEND:201612{n + 10}T010000Z") for n in range(12)
    ]
    monkeypatch.setattr(ics_text, "MOST_EVENTS", 12)
    assert len(read(calendar(*rows, *old), zone="UTC", at=AT)) == 12
    invited = "".join(f"ATTENDEE:mailto:p{n}@example.com\n" for n in range(99))
    (crowd,) = events_of(
        calendar(event(f"DTSTART:20261121T000000Z\nDURATION:PT1H\nSUMMARY:Party\n{invited}")), AT.date(), AT.date()
    )
    assert len(crowd.lines) == 3 + ics_text.MOST_PEOPLE
    monkeypatch.setattr(ics_text, "MOST_LINES", 2)
    assert refusal(calendar(*rows)) == "“x” and those before it say more than is read."
    monkeypatch.setattr(ics_text, "MOST_EVENTS", 11)
    assert "It holds 12 events; 11 are the most" in refusal(calendar(*rows, *old))


def test_a_zone_that_brings_rules_of_its_own_is_not_followed() -> None:
    bomb = "BEGIN:VTIMEZONE\nTZID:Europe/London\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\n"
    bomb += "TZOFFSETFROM:+0100\nTZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n"
    lines = event("UID:1\nSUMMARY:x\nDTSTART;TZID=Europe/London:20261201T090000\nDURATION:PT1H")
    assert said(calendar(bomb.replace("\n", "\r\n"), lines)) == [("12-01 09:00", "12-01 10:00", "x")]


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/London", "Europe/London"), ("W. Europe Standard Time", "Europe/Berlin"), ("UTC", "UTC"),
        ('"Eastern Standard Time"', "America/New_York"), ("tzone://Microsoft/Utc", "UTC"),
        ("/freeassociation.sourceforge.net/Europe/Rome", "Europe/Rome"), ("../../etc/passwd", ""), ("", ""),
        ("/x/20210210_1/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"), ("Customized Time Zone", ""),
    ],
)  # fmt: skip
def test_zones_by_every_name(name: str, zone: str) -> None:
    assert zone_of(name) == zone


def test_text_that_is_no_text() -> None:
    odd = calendar(event("UID:1\nSUMMARY:Ana\nDTSTART:20261201T090000Z\nDURATION:PT1H"))
    found = read(b"\xef\xbb\xbf" + odd.replace(b"Ana", b"A\x00n\xff\r\n a"), zone="UTC", at=AT)
    assert [e.summary for e in found] == ["An\ufffda"]


LINES = st.sampled_from(
    [
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VALARM",
        "END:VALARM",
        "END:VCALENDAR",
        "UID:1",
        "SUMMARY:x",
        "SUMMARY;a=b",
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101",
        "RRULE:FREQ=YEARLY;BYEASTER=1",
        "RRULE:FREQ=MONTHLY;BYDAY=XX",
        "RRULE:COUNT=2",
        "DTSTART:20261201T090000Z",
        "DTSTART;VALUE=DATE:20261201",
        "DTSTART;TZID=UTC:20261201T090000",
        "DTSTART:20261301",
        "DTSTART:20261201",
        "DTEND:20261202",
        "DTEND;VALUE=DATE:20261203",
        "DTEND:20261201T080000Z",
        "DURATION:-P1D",
        "DURATION:P1W",
        "DURATION:x",
        "RECURRENCE-ID:20261203T090000Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261204T090000Z",
        "RECURRENCE-ID;VALUE=DATE:20261202",
        "EXDATE:20261205T090000Z",
        "EXDATE;VALUE=DATE:20261206",
        "EXDATE:",
        "RDATE;VALUE=PERIOD:20261207T000000Z/PT2H",
        "RDATE:x",
        "RDATE;VALUE=PERIOD:20261207T000000Z",
        "SEQUENCE:2",
        "SEQUENCE:x",
        "STATUS:CANCELLED",
        'ATTENDEE;CN="a:b":mailto:Ana@Example.com',
        "ATTENDEE:x",
        "TRANSP:TRANSPARENT",
        " folded",
        "\x00",
        ":::",
        "RRULE:FREQ=DAILY;COUNT=-3",
        "RRULE:FREQ=DAILY;COUNT=0",
        "RRULE:FREQ=DAILY;UNTIL=1",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=25), st.booleans())
def test_whatever_it_says_it_is_read_or_refused(lines: list[str], whole: bool) -> None:
    inner = ["BEGIN:VEVENT", "UID:1", "DTSTART:20261201T090000Z", *lines, "END:VEVENT"] if whole else lines
    body = "\r\n".join(["BEGIN:VCALENDAR", *inner, "END:VCALENDAR", ""]).encode()
    try:
        found = read(body, zone="Europe/London", at=AT)
    except CalendarRefused:
        return
    assert all(isinstance(one, Entry) and one.start < one.end for one in found)
    assert found == sorted(found)


PEOPLE = [
    Known(1, "ana@example.com", "Ana Ames"),
    Known(2, "bob@example.com", "Bob Bell"),
    Known(3, "ana.b@example.com", "Ana Banks"),
    Known(4, "rené@example.com", "René O’Neil"),
    Known(5, "nameless@example.com", ""),
]


@pytest.mark.parametrize(
    ("summary", "emails", "near", "person"),
    [
        ("whatever", ("Bob@example.com",), [], 2),
        ("Ana Ames", ("nobody@elsewhere.example",), [], 1),
        ("on call: ana ames (primary)", (), [], 1),
        ("bob@example.com is on call", (), [], 2),
        ("Bob's night", (), [], None),
        ("Bob", (), [], 2),
        ("Ana", (), [], None),
        ("Ana", (), [1, 2], 1),
        ("Ana Banks", (), [1, 2], 3),
        ("Ana Ames and Bob Bell", (), [], None),
        ("Bob and Ana", (), [], None),
        ("bob@elsewhere.example", (), [], None),
        ("RENÉ o’neil", (), [], 4),
        ("Bobby", (), [], None),
        ("", (), [], None),
    ],
)
def test_whom_an_entry_means(summary: str, emails: tuple[str, ...], near: list[int], person: int | None) -> None:
    one = Entry(AT, AT + timedelta(hours=1), summary, tuple(email.lower() for email in emails))
    assert whom(one, People(known for known in PEOPLE if known.pk in near), People(PEOPLE)) == person
