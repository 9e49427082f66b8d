"""Every status word has a meaning and an advice."""

from __future__ import annotations

from drivers.iso7816.status_words import Advice, describe, explain


def test_every_status_word_there_can_be_is_explained() -> None:
    assert all(explain(sw).text for sw in range(0x10000))


def test_the_second_byte_narrows_the_first() -> None:
    assert explain(0x6982).advice is Advice.AUTHENTICATE_AGAIN
    assert explain(0x69FF).text == "command not allowed"
    assert explain(0x6C10).advice is Advice.REPEAT_WITH_LENGTH
    assert explain(0x1234).text.startswith("not a status word")


def test_a_description_gives_number_meaning_and_advice() -> None:
    assert describe(0x6A82) == "6A82 file not found: this is a chip of another kind"
