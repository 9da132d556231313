"""The texts of the panel: each in every language, with the same values filled in, and each in use."""

from __future__ import annotations

import re
from pathlib import Path

from heco_jupyter import widgets
from heco_jupyter.live.operations import Outcome
from heco_jupyter.widgets.texts import TEXTS, of_the_page

FOLDER = Path(widgets.__file__).parent
PAGE = "\n".join(path.read_text("utf-8") for path in (FOLDER / "page").glob("*.js"))
PYTHON = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*.py") if path.name != "texts.py")


def test_every_text_is_there_in_every_language_and_takes_the_same_values():
    for key, (english, korean) in TEXTS.items():
        assert english.strip(), key
        assert any("가" <= letter <= "힣" for letter in korean) or "{" in korean, key
        assert {*re.findall(r"\{(\w+)\}", korean)} == {*re.findall(r"\{(\w+)\}", english)}, key


def test_every_text_that_is_asked_for_is_there():
    asked = {*re.findall(r'\bsay\("(\w+)"', PAGE)} | {*re.findall(r'all\.length \? "(\w+)" : "(\w+)"', PAGE)[0]}
    assert asked <= {*of_the_page("en")}
    assert {*re.findall(r'(?:Said|_words)\(\s*"(\w+)"', PYTHON)} <= {*TEXTS}
    assert {outcome.value for outcome in Outcome if outcome is not Outcome.GONE} <= {*TEXTS}


def test_every_text_is_used():
    computed = {"d", "h", "min", "s", "up", "down", "deleting", *(outcome.value for outcome in Outcome)}
    for key in TEXTS:
        name, used = key.removeprefix("page_"), PAGE if key.startswith("page_") else PYTHON
        assert name in computed or re.search(rf"[\"']{name}[\"']", used), key
