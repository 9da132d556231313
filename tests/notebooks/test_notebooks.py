"""The notebooks of the repository, each run from top to bottom in a kernel on the emulator."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PASTED = (
    "fs.s3a.secret.key is a secret",
    "Windows line ends (CRLF): they are sent as LF",
    "BEGIN and END lines",
    "printf",
    "with the placeholder {리전명}",
    "hiveDbInfo.userPw is a placeholder",
    "did you mean hadoop?",
    "did you mean hde-2.2.0?",
    "a curly quotation mark",
    "a no-break space",
    "a colon and a space are missing after userId",
    "pasted-and-corrected",
)
# What each kernel runs first, so that nobody waits as a person would. In tests/browser, the quickstart keeps its pace.
QUICKLY = """
from heco_jupyter.api.writes import waiting
from heco_jupyter.emulator import Emulator
waiting._FIRST_PAUSE = 0.05
Emulator.__init__.__kwdefaults__["speed"] = 2000.0
"""
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def _quickly():
    startup = Path.home() / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "quickly.py").write_text(QUICKLY, "utf-8")


def run(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    return notebook


def shown(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(str(output) for cell in notebook.cells for output in cell.get("outputs", ()))


@pytest.mark.slow
@pytest.mark.usefixtures("_quickly")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_top_to_bottom(path):
    notebook = run(path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"], shown(notebook)
    if path.stem == "quickstart":
        assert "local emulator" in shown(notebook)
        assert "Terminated(User)" in shown(notebook)
    if path.stem == "pasted":
        for words in PASTED:
            assert words in shown(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.mark.slow
def test_a_failing_command_stops_a_notebook(tmp_path):
    notebook = nbformat.v4.new_notebook()
    cells = ["%load_ext heco_jupyter\n%heco connect --local", "%heco show no-such-cluster", "reached = True"]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=False)
    with pytest.raises(Exception, match="UnknownClusterError"):
        client.execute()
    (error,) = [output for output in notebook.cells[1].outputs if output.output_type == "error"]
    assert error.ename == "UnknownClusterError"
    assert len(error.traceback) <= 3
    assert not notebook.cells[2].get("execution_count")


@pytest.mark.slow
def test_a_question_with_nobody_to_ask_is_a_refusal(tmp_path):
    notebook = nbformat.v4.new_notebook()
    cells = [
        "%load_ext heco_jupyter\n%heco connect --local",
        "%heco delete etl-nightly",
        "%heco login",
    ]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    errors = [output for cell in notebook.cells for output in cell.outputs if output.output_type == "error"]
    assert [error.ename for error in errors] == ["CommandError", "CredentialsError"]
    assert "--yes" in "\n".join(errors[0].traceback)
