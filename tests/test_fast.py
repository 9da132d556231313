"""The list of fast tests: it names tests that exist, of every wing and room."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from fast import FAST, HERE, NEVER_FAST, has_fast_tests

MODULES = sorted(HERE.rglob("test_*.py"))
FOLDERS = sorted({module.parent.relative_to(HERE).as_posix() for module in MODULES} - NEVER_FAST)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_wing_and_room_has_a_fast_test(folder):
    assert any(has_fast_tests(module) for module in (HERE / folder).glob("test_*.py"))


@pytest.mark.parametrize("entry", FAST)
def test_every_entry_names_a_folder_a_module_or_a_test(entry):
    path, *names = entry.split("::")
    assert (HERE / path).exists()
    for name in names:
        assert re.search(rf"^ *(def|class) {name}\b", (HERE / path).read_text("utf-8"), re.MULTILINE)


def test_no_two_modules_share_a_name():
    """One would be imported for the other, which only a run of both shows."""
    names = Counter(module.name for module in HERE.rglob("*.py") if module.name not in ("conftest.py", "__main__.py"))
    assert max(names.values()) == 1, names.most_common(3)


def test_only_the_list_marks_tests_as_fast():
    assert not [module for module in MODULES if "mark.fast" in module.read_text("utf-8").replace('"mark.fast"', "")]
