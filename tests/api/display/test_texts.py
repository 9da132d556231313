"""The one table of texts: each in every language, with the same values filled in, and each in use."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest

import heco_jupyter
from heco_jupyter.api.display.cards import duration_words
from heco_jupyter.api.display.dates import date_words, moment_words, month_words
from heco_jupyter.api.display.texts import LANGUAGES, TEXTS, Said, of_the_page
from heco_jupyter.api.model.checks import check_language
from heco_jupyter.api.wire import answers
from heco_jupyter.errors import CommandError
from heco_jupyter.fleet import bands, certainty, forgotten
from heco_jupyter.fleet.periods import parse_freq
from heco_jupyter.live.operations import Outcome

PACKAGE = Path(heco_jupyter.__file__).parent
PAGE = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "widgets" / "page").glob("*.js"))
PYTHON = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "texts.py")
ROOMS = "\n".join(path.read_text("utf-8") for path in PACKAGE.glob("*/**/*.py"))
HANGUL = re.compile("[가-힣]")


def values_of(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def without_values(text):
    """Return the letters of a text that are its own: without what is filled in, and without the parts of a time."""
    return re.sub(r"%-?[A-Za-z]", "", re.sub(r"\{[^}]*\}", "", text))


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_every_language_and_takes_the_same_values(key):
    assert len(TEXTS[key]) == len(LANGUAGES)
    english, korean = TEXTS[key]
    assert english.strip()
    assert korean.strip()
    assert values_of(english) == values_of(korean)
    assert not HANGUL.search(english)
    if re.search("[A-Za-z]{2}", without_values(english)) and english != korean:
        assert HANGUL.search(korean)


# What is in the table under a key that is put together where it is used.
def periods():
    steps = [parse_freq(freq) for freq in ("h", "D", "2D", "W", "M", "2M", "Q", "Y", "2Y")]
    namings = [bands._naming(step, with_year=with_year) for step in steps for with_year in (True, False)]
    return {f"period_{key}" for naming in namings for key in (naming.one, *(key for _, key in naming.several))}


def reasons():
    codes = [getattr(forgotten, name) for name in ("UNSCALED", "FAILED", "ENDED")]
    return {f"reason_{code.replace(' ', '_')}" for code in codes}


def kinds():
    whats = (found[1] for found in re.finditer(r'"what": "([^"]+)"', Path(certainty.__file__).read_text("utf-8")))
    said = {*whats, "of unknown duration", "totalVmUptime not used"} - {"string"}  # the last is its type
    return {f"what_{what.replace(' ', '_')}" for what in said | {known.name.lower() for known in certainty._KINDS}}


def test_every_text_that_is_asked_for_is_there():
    on_the_page = {*re.findall(r'\bsay\("(\w+)"', PAGE)} | {*re.findall(r'all\.length \? "(\w+)" : "(\w+)"', PAGE)[0]}
    assert on_the_page <= {*of_the_page("en")}
    asked = {*re.findall(r'(?:Said|_words?|say|_numbers|_shares|_changes)\(\s*"(\w+)"', ROOMS)}
    asked |= {key for pair in re.findall(r'counted\([^"]*"(\w+)", "(\w+)"\)', ROOMS) for key in pair}
    assert asked <= {*TEXTS}
    outcomes = {outcome.value for outcome in Outcome if outcome is not Outcome.GONE}
    assert outcomes | periods() | reasons() | kinds() <= {*TEXTS}


def test_every_text_is_used():
    computed = periods() | reasons() | kinds() | {outcome.value for outcome in Outcome}
    computed |= {f"status_{status}" for status in answers._WITH_A_MEANING}
    computed |= {f"page_{unit}" for unit in ("d", "h", "min", "s", "up", "down", "deleting")}
    for key in {*TEXTS} - computed:
        name = re.sub("^(page|axis|chart)_", "", key)
        used = PAGE if key.startswith("page_") else PYTHON
        assert re.search(rf"[\"'](?:{name}|{key})[\"']", used), key


def test_there_is_one_table():
    """Nothing that shows something has Korean of its own; examples in docstrings are none."""
    for room in ("fleet", "widgets", "commands", "live", "magics", "api/display"):
        for path in {*(PACKAGE / room).glob("*.py")} - {PACKAGE / "api" / "display" / "texts.py"}:
            code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text("utf-8"))
            assert not HANGUL.search(code), path
    assert not HANGUL.search(PAGE)


def test_a_text_within_a_text_is_in_the_same_language():
    said = Said("locked", {"what": Said("delete", {"name": "etl"})})
    assert (said.in_language("en"), said.in_language("ko")) == ("under way: delete etl", "진행 중: etl 삭제")


def test_what_is_filled_in_is_not_read_as_a_text():
    assert Said("delete", {"name": "{0} {name} %Y"}).in_language("ko") == "{0} {name} %Y 삭제"


@pytest.mark.parametrize("language", ["fr", "", "EN", None, 1, ["ko"], b"ko"])
def test_another_language_is_refused(language):
    with pytest.raises(CommandError, match=r"there is no language .*: use en or ko$"):
        check_language(language)


@pytest.mark.parametrize(
    ("duration", "english", "korean"),
    [
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h", "3일 4시간"),
        (timedelta(minutes=5, seconds=20), "5 min 20 s", "5분 20초"),
        (timedelta(hours=1), "1 h", "1시간"),
        (timedelta(milliseconds=12), "12 ms", "12밀리초"),
        (timedelta(), "0 s", "0초"),
    ],
)
def test_durations(duration, english, korean):
    assert (duration_words(duration), duration_words(duration, "ko")) == (english, korean)


def test_dates():
    time = datetime(2026, 9, 5, 4, 7)  # noqa: DTZ001 (as its clock shows it)
    assert [words(time, "en") for words in (date_words, moment_words, month_words)] == [
        *("5 Sep 2026", "5 Sep 2026 04:07", "September 2026")
    ]
    assert [words(time, "ko") for words in (date_words, moment_words, month_words)] == [
        *("2026년 9월 5일", "2026년 9월 5일 04:07", "2026년 9월")
    ]
