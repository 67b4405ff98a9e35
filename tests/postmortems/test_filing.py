"""The six checks before filing, one taken away at a time; writing by two; review; closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents import lifecycle as incidents
from incidents.models import NotAllowed
from postmortems import lifecycle
from postmortems.models import Postmortem, Remediation
from postmortems.requirements import names_person
from tests.clock import work_off
from tests.postmortems.written import FELT, RESOLVED, SUMMARY, WORK, World, fresh, utc


@pytest.fixture
def world(db: None) -> World:
    """People and a service."""
    return World()


@pytest.fixture
def written(world: World) -> Postmortem:
    """Complete, not filed."""
    return world.write(world.over(), RESOLVED)


def unmet(written: Postmortem) -> set[str]:
    """Keys of the checks that are not met."""
    return {check.key for check in lifecycle.checks_of(fresh(written)) if not check.ok}


def set_text(name: str, text: str) -> Callable[[Postmortem], object]:
    """A change of one field."""
    return lambda written: Postmortem.objects.filter(pk=written.pk).update(**{name: text})


def early_rows(written: Postmortem) -> object:
    """No row stands before detection any more."""
    return written.rows.filter(at__lt=written.incident.detected_at).delete()


def one_group(written: Postmortem) -> object:
    """Three answers, all of one group."""
    return written.answers.update(group="signals")


@pytest.mark.parametrize(
    ("take_away", "left"),
    [
        (set_text("summary", SUMMARY[:119]), {"summary"}),
        (set_text("summary", SUMMARY[:60] + " " * 200), {"summary"}),
        (set_text("summary", "x" * 120), set()),
        (set_text("impact", "Many orders"), {"impact"}),
        (early_rows, {"timeline"}),
        (lambda written: written.rows.all().delete(), {"timeline"}),
        (lambda written: written.rows.update(kept=False), {"timeline"}),
        (lambda written: written.factors.first().delete(), {"factors"}),
        (lambda written: written.factors.filter(position=0).update(text="Alice Ames restarted it"), {"factors"}),
        (lambda written: written.factors.filter(position=0).update(text="Alice"), {"factors"}),
        (lambda written: written.answers.last().delete(), {"answers"}),
        (one_group, {"answers"}),
        (lambda written: written.items.update(owner=None), {"items"}),
        (lambda written: written.items.update(due=None), {"items"}),
        (lambda written: written.items.update(done_when=" "), {"items"}),
        (lambda written: written.items.update(state="declined", decline_reason="no"), {"items"}),
    ],
)
def test_each_check(written: Postmortem, take_away: Callable[[Postmortem], object], left: set[str]) -> None:
    assert unmet(written) == set()
    take_away(written)
    assert unmet(written) == left


def test_unknown_and_nothing_to_change_need_their_because(written: Postmortem) -> None:
    Postmortem.objects.update(impact="", impact_unknown_because="The provider shows no figures")
    Remediation.objects.all().delete()
    assert unmet(written) == {"items"}
    Postmortem.objects.update(no_items_because="The service is switched off next week")
    assert unmet(written) == set()


def test_filing_without_them_names_each(world: World) -> None:
    empty = lifecycle.ensure(world.over(), RESOLVED)
    with pytest.raises(NotAllowed) as refused:
        lifecycle.file(empty, world.alice, RESOLVED)
    assert refused.value.status_code == 422
    found = {check["check"] for check in refused.value.fields["checks"]}
    assert found == {"summary", "impact", "timeline", "factors", "answers", "items"}
    assert fresh(empty).state == "draft"


def test_filed_twice_is_a_lost_race(world: World, written: Postmortem) -> None:
    lifecycle.file(written, world.alice, RESOLVED)
    with pytest.raises(NotAllowed) as refused:
        lifecycle.file(written, world.bob, RESOLVED)
    assert refused.value.status_code == 409


def test_an_open_incident_is_resolved_first(world: World, written: Postmortem) -> None:
    incidents.reopen(written.incident, at=utc(28, 9))
    with pytest.raises(NotAllowed, match="resolve it first"):
        lifecycle.file(written, world.alice, utc(28, 9))


def test_two_writers_are_told(world: World, written: Postmortem) -> None:
    seen = written.version
    lifecycle.edit(written, values={"summary": "Hers"}, by=world.alice, at=RESOLVED, version=seen)
    with pytest.raises(NotAllowed, match="Alice changed this meanwhile") as refused:
        lifecycle.edit(written, values={"summary": "His"}, by=world.bob, at=RESOLVED, version=seen)
    assert refused.value.status_code == 409
    assert fresh(written).summary == "Hers"


def test_what_is_written_is_clean_and_nothing_else_is_written(world: World, written: Postmortem) -> None:
    lifecycle.edit(written, values={"surprises": " a\x00b\r\nc "}, by=world.alice, at=RESOLVED)
    assert fresh(written).surprises == "ab\nc"
    for name in ("state", "published_at", "root_cause", "published_text"):
        with pytest.raises(NotAllowed, match=name):
            lifecycle.edit(written, values={name: "x"}, by=world.alice, at=RESOLVED)
    with pytest.raises(NotAllowed, match="longer than"):
        lifecycle.edit(written, values={"summary": "x" * 100_001}, by=world.alice, at=RESOLVED)


def test_factors_keep_their_author_and_order(world: World, written: Postmortem) -> None:
    first, second = [factor.text for factor in written.factors.all()]
    lifecycle.set_factors(written, [second, "A third", first, "A third", " "], world.bob, RESOLVED)
    assert list(written.factors.values_list("text", "by__name")) == [
        (second, "Alice Ames"),
        ("A third", "Bob Bell"),
        (first, "Alice Ames"),
    ]


def test_rows_are_offered_kept_and_added(world: World, written: Postmortem) -> None:
    one = written.rows.filter(entry__isnull=False).first()
    assert one
    lifecycle.keep_rows(written, [one.pk], world.alice, RESOLVED)
    assert list(written.rows.filter(kept=True)) == [one]
    with pytest.raises(NotAllowed, match="what was"):
        lifecycle.add_row(written, utc(27, 19), "Tomorrow", world.alice, RESOLVED)
    with pytest.raises(NotAllowed, match="few words"):
        lifecycle.add_row(written, FELT, " ", world.alice, RESOLVED)


def test_an_answer_is_changed_and_taken_back(world: World, written: Postmortem) -> None:
    lifecycle.answer(written, "luck-2", "The cache held.", world.bob, RESOLVED)
    lifecycle.answer(written, "luck-2", "The cache held for long.", world.alice, RESOLVED)
    assert written.answers.get(prompt="luck-2").text == "The cache held for long."
    assert lifecycle.answer(written, "luck-2", "", world.alice, RESOLVED) is None
    assert not written.answers.filter(prompt="luck-2").exists()
    with pytest.raises(NotAllowed, match="no question"):
        lifecycle.answer(written, "blame-1", "x", world.alice, RESOLVED)
    with pytest.raises(NotAllowed, match="for the manager"):
        lifecycle.answer(written, "manager-1", "x", world.alice, RESOLVED)


def test_a_critical_one_is_reviewed_after_its_manager_answered(world: World, written: Postmortem) -> None:
    with pytest.raises(NotAllowed, match="File it first"):
        lifecycle.review(written, world.bob, RESOLVED)
    lifecycle.file(written, world.alice, RESOLVED)
    assert lifecycle.review(written, world.bob, RESOLVED).state == "in_review"
    with pytest.raises(NotAllowed, match="manager"):
        lifecycle.review(written, world.bob, RESOLVED)
    lifecycle.answer(written, "manager-2", "The limit on waiting; it has time now.", world.mia, RESOLVED)
    assert lifecycle.review(written, world.bob, RESOLVED).state == "reviewed"
    with pytest.raises(NotAllowed, match="already"):
        lifecycle.review(written, world.bob, RESOLVED)


def test_a_standard_one_is_reviewed_without(world: World) -> None:
    written = world.write(world.over("standard"), RESOLVED)
    lifecycle.file(written, world.alice, RESOLVED)
    lifecycle.review(written, world.bob, RESOLVED)
    assert lifecycle.review(written, world.bob, RESOLVED).reviewed_at == RESOLVED


def test_closing_waits_for_both_duties(world: World, written: Postmortem) -> None:
    incident = written.incident
    with pytest.raises(NotAllowed) as refused:
        lifecycle.close_incident(incident, world.alice, RESOLVED)
    assert set(refused.value.fields) == {"internal", "public"}
    lifecycle.file(written, world.alice, RESOLVED)
    lifecycle.publish(world.sign(incident, RESOLVED), world.bob, RESOLVED)
    closed = lifecycle.close_incident(incident, world.alice, RESOLVED)
    assert (closed.state, closed.closed_at) == ("closed", RESOLVED)
    with pytest.raises(NotAllowed) as refused:
        lifecycle.close_incident(incident, world.alice, RESOLVED)
    assert refused.value.status_code == 409


def test_the_owner_by_role_then_acknowledgement_then_lead(world: World) -> None:
    from incidents import command

    led = world.open()
    command.take_role(led, role="facilitator", person=world.bob, by=world.bob, at=FELT)
    assert lifecycle.ensure(world.end(led, FELT, RESOLVED), RESOLVED).owner == world.bob
    assert lifecycle.ensure(world.over(), RESOLVED).owner == world.alice
    nobody = incidents.resolve(world.open(ack=False), at=RESOLVED)
    assert lifecycle.ensure(nobody, RESOLVED).owner == world.bob


def test_each_change_moves_both_versions(world: World, written: Postmortem) -> None:
    before = (fresh(written).version, fresh(written).incident.version)
    lifecycle.edit(written, values={"went_well": "The rollback"}, by=world.alice, at=RESOLVED + timedelta(minutes=1))
    after = fresh(written)
    assert (after.version, after.incident.version) > before
    assert (after.updated_by, after.updated_at) == (world.alice, RESOLVED + timedelta(minutes=1))
    work_off(RESOLVED, *WORK)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bob pushed it", True),
        ("bob's build", False),
        ("Ask @bob", True),
        ("bob.bell@example.com", True),
        ("Bobby tables", False),
        ("Will it happen again?", False),
        ("Will Wells did", True),
        ("The responder waited", False),
    ],
)
def test_people_are_found_in_a_text(text: str, *, found: bool) -> None:
    assert names_person(text, ["Bob Bell", "Will Wells"]) is found
