"""What machines send is said in words: every kind, every mark, every decision."""

from __future__ import annotations

from alerts.episodes import Said
from alerts.kinds import KINDS
from alerts.payloads import Mark
from desk.intake_words import MARKS, NAMES, decision_word, kind_word, mark_word
from desk.templatetags.intake import mark_words


def test_every_mark_has_words() -> None:
    assert set(MARKS) == set(Mark)
    assert mark_words([Mark.CUT, "of_a_later_version"]) == f"{mark_word(Mark.CUT)}, of_a_later_version"


def test_no_word_of_a_program_stands_on_a_page() -> None:
    said = [kind_word(kind) for kind in KINDS] + [decision_word(one) for one in (*Said, "opened", "nothing")]
    assert [word for word in said if "_" in word or not word] == []
    assert set(NAMES) <= KINDS
    assert kind_word("uptime_kuma") == "Uptime Kuma"
    assert kind_word("generic") == "anything that posts JSON"
    assert decision_word("would have opened") == "would have opened"
