"""What it costs to be there."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.fast

HEAVY = ("pandas", "numpy", "requests", "urllib3", "msgspec", "ipywidgets", "yaml", "tornado.web", "altair", "pyarrow")


def modules_after(code: str) -> set[str]:
    report = f"{code}\nimport sys\nprint('MODULES', *sys.modules)"
    ran = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("MODULES ")]
    return set(line.split()[1:])


def test_importing_the_package_brings_nothing_heavy():
    assert not modules_after("import heco_jupyter") & {*HEAVY, "IPython"}


def test_loading_the_extension_and_reading_its_help_brings_nothing_heavy():
    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()\n"
    plain = modules_after(shell)
    lines = ("%load_ext heco_jupyter", "%heco --help", "%heco list --help")
    loaded = modules_after(shell + "\n".join(f"shell.run_cell({line!r})" for line in lines))
    assert not (loaded - plain) & set(HEAVY)


def test_what_is_heavy_comes_with_the_first_use():
    assert modules_after("import heco_jupyter\nheco_jupyter.connect").isdisjoint({"pandas", "requests"})
    assert {"pandas", "requests"} <= modules_after("import heco_jupyter\nheco_jupyter.connect(local=True)")


@pytest.mark.parametrize("module", ["heco_jupyter.fleet", "heco_jupyter.errors", "heco_jupyter.commands.catalog"])
def test_analysis_errors_and_the_table_of_commands_bring_no_http(module):
    loaded = modules_after(f"import {module}")
    assert not loaded & {"requests", "urllib3", "altair", "vl_convert", "IPython", "ipywidgets"}


def test_tab_on_a_sort_field_brings_no_http():
    code = "from heco_jupyter.magics.completion import candidates\nassert candidates('heco', 'list --sort createdAt,d')"
    assert not modules_after(code) & {"requests", "urllib3"}


def test_the_help_of_the_command_line_brings_neither_http_nor_pandas():
    code = "from heco_jupyter.__main__ import main\nassert main(['--help']) == main(['list', '--help']) == 0"
    assert not modules_after(code) & {"requests", "urllib3", "pandas", "numpy", "IPython"}


def test_a_call_a_plan_and_the_columns_are_read_without_http():
    code = "import heco_jupyter.api.model.plans, heco_jupyter.api.model.columns, heco_jupyter.api.model.call"
    assert not modules_after(code) & {"requests", "urllib3", "pandas"}
