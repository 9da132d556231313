"""What it costs to be there."""

from __future__ import annotations

import subprocess
import sys

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


def test_the_face_offers_what_it_says():
    import heco_jupyter  # noqa: PLC0415

    for name in heco_jupyter.__all__:
        assert getattr(heco_jupyter, name) is not None
