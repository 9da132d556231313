"""The panel's files as the one module that a page loads."""

from __future__ import annotations

import re

from heco_jupyter.widgets import face

_NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)


def test_no_two_files_of_the_page_use_one_name():
    names = _NAME.findall(face.module())
    assert len(names) > 30
    assert sorted(names) == sorted(set(names))


def test_the_module_imports_nothing_and_exports_the_widget_alone():
    module = face.module()
    assert not re.search(r"^import ", module, re.MULTILINE)
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]
