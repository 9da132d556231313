"""What importing the package loads: nothing heavy until it is used."""

from __future__ import annotations

import pytest
from support import run_python

HEAVY = ("pandas", "numpy", "requests", "urllib3", "msgspec", "ipywidgets", "yaml", "tornado.web", "altair", "pyarrow")


def modules_after(code: str) -> set[str]:
    """Return the names of the modules that are loaded after `code` has run in a new process."""
    report = f"{code}\nimport sys\nprint('MODULES', *sys.modules)"
    (line,) = [line for line in run_python(report).stdout.splitlines() if line.startswith("MODULES ")]
    return set(line.split()[1:])


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_after("import heco_jupyter") & {*HEAVY, "IPython"}


def test_loading_the_extension_and_showing_its_help_loads_nothing_heavy():
    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()\n"
    plain = modules_after(shell)
    lines = ("%load_ext heco_jupyter", "%heco --help", "%heco list --help")
    loaded = modules_after(shell + "\n".join(f"shell.run_cell({line!r})" for line in lines))
    assert not (loaded - plain) & set(HEAVY)


def test_heavy_modules_are_loaded_by_the_first_use():
    assert modules_after("import heco_jupyter\nheco_jupyter.connect").isdisjoint({"pandas", "requests"})
    connected = "import heco_jupyter\nclient = heco_jupyter.connect(local=True)\n"
    assert {"pandas", "requests"} <= modules_after(f"{connected}client.list_clusters()")
    assert "yaml" not in modules_after(f"{connected}client.list_clusters()")


def test_pandas_is_loaded_while_the_first_request_is_under_way():
    code = (
        "import sys, time, heco_jupyter\nclient = heco_jupyter.connect(local=True)\nfor _ in range(600):\n"
        "    if 'pandas' in sys.modules: break\n    time.sleep(0.1)"
    )
    assert "pandas" in modules_after(code)


@pytest.mark.parametrize("module", ["heco_jupyter.fleet", "heco_jupyter.errors", "heco_jupyter.commands.catalog"])
def test_the_fleet_errors_and_commands_load_no_http(module):
    loaded = modules_after(f"import {module}")
    assert not loaded & {"requests", "urllib3", "altair", "vl_convert", "IPython", "ipywidgets"}


def test_tab_on_a_sort_field_loads_no_http():
    imports = (
        "from heco_jupyter.magics.completion import candidates; from heco_jupyter.commands.line import scan_unfinished"
    )
    code = f"{imports}\nassert candidates('heco', *scan_unfinished('list --sort createdAt,d'))"
    assert not modules_after(code) & {"requests", "urllib3"}


def test_the_help_of_the_command_line_loads_neither_http_nor_pandas():
    code = "from heco_jupyter.__main__ import main\nassert main(['--help']) == main(['list', '--help']) == 0"
    assert not modules_after(code) & {"requests", "urllib3", "pandas", "numpy", "IPython"}


def test_calls_plans_and_columns_load_no_http():
    code = "import heco_jupyter.api.model.plans, heco_jupyter.api.model.columns, heco_jupyter.api.model.call"
    assert not modules_after(code) & {"requests", "urllib3", "pandas"}
