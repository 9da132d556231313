"""Lines as a person types them in a notebook: what variables bring, paths, comments and slips of the keyboard."""

from __future__ import annotations

import unicodedata

import pytest
from otherserver import KEY_ID, KEY_SECRET, OtherServer
from support import SPEC, as_yaml, cluster_row, writes

from heco_jupyter.api import connection


@pytest.fixture
def fleet(emulator):
    """Load a small fleet into the emulator, and return its rows."""
    names = ("web", "prod", "ad hoc", "etl-{x}", "추천-배치")
    rows = [cluster_row(number, name=name) for number, name in enumerate(names, start=1)]
    emulator.load(rows)
    return rows


@pytest.mark.parametrize(
    "line",
    [
        "show web",
        'show "web"  # the one of the shop',
        "show {name};",
        "show $name",
        "show ${name}",
        "show $holder.name",
        'show {df.iloc[0]["name"]}',
        'show {df[0:1]["name"].iloc[0]}',
        "show {'web'}",
        "show {name!s:s}",
        "show {cluster}",
        "show {cluster.id}",
        'show "{name}"',
    ],
)
def test_a_cluster_is_named_by_whatever_python_holds(notebook, fleet, line):
    cell = "class holder: name = 'web'\nname = 'web'\ndf = %heco list --name web\ncluster = %heco show web"
    notebook.value(cell)
    assert notebook.value(f"%heco {line}").name == "web"


def test_a_function_brings_its_own_variables(notebook, fleet):
    notebook.value(
        "name = 'web'\ndef look(name, suffix):\n    return get_ipython().run_line_magic('heco', 'show {name}')"
    )
    assert notebook.value("look('prod', '')").name == "prod"
    notebook.value(
        "def look_again(names):\n    found = %heco show {[n for n in names if n != name][0]}\n    return found"
    )
    assert notebook.value("look_again(['web', 'prod'])").name == "prod"


def test_a_value_with_spaces_braces_or_dollars_is_one_word(notebook, fleet):
    for name in ("ad hoc", "etl-{x}"):
        notebook.shell.user_ns["name"] = name
        assert notebook.value("%heco show {name}").name == name


def test_a_flag_in_a_variable_deletes_nothing(notebook, emulator, fleet):
    notebook.value("name = 'web --yes'\nflag = '--yes'")
    assert "there is no cluster 'web --yes'" in notebook.refusal("%heco delete {name}")
    assert "'--yes' is one word too many" in notebook.refusal("%heco delete web {flag}")
    for word in ("--y{'es'}", "--{'yes'}", '--"yes"', "--$flag"):
        assert "there is no flag --" in notebook.refusal(f"%heco delete web {word}")
    assert not writes(emulator)


def test_an_expression_that_fails_sends_nothing(notebook, emulator, fleet):
    assert "NameError" in notebook.refusal("%heco delete {nmae} --yes")
    assert "is missing" in notebook.refusal("%heco delete {None} --yes")
    assert "no variable nmae" in notebook.refusal("%heco delete $nmae --yes")
    assert not emulator.requests


def test_a_failed_expression_of_a_connect_leaves_nothing_connected(notebook):
    notebook.refusal("%heco connect --profile {nothing}")
    assert connection.connected() is None


def test_an_interrupt_during_an_expression_is_told_in_a_line(notebook):
    notebook.value("def stop():\n    raise KeyboardInterrupt")
    assert "stopped: the line was interrupted" in notebook.refusal("%heco show {stop()}")


def test_the_first_line_of_a_cell_takes_variables_too(notebook, emulator):
    notebook.value("where = 'etl'")
    notebook.value(f"%%heco_create {{where}} --dry-run  # to see it\n{as_yaml(SPEC)}")
    assert notebook.value("etl.body['name']") == SPEC["name"]
    notebook.value("where = 'etl --wait'")
    assert "cannot be the name of a variable" in notebook.refusal(f"%%heco_create $where\n{as_yaml(SPEC)}")
    assert not writes(emulator)


def test_a_name_typed_on_a_mac_is_found(notebook, fleet, person):
    typed = unicodedata.normalize("NFD", "추천-배치")
    assert notebook.value(f"%heco show {typed}").name == "추천-배치"
    assert notebook.value(f"%heco list --name {unicodedata.normalize('NFD', '추천')}")["name"].tolist() == ["추천-배치"]
    person.answers = [typed]
    assert notebook.value(f"%heco delete {typed}").name == "추천-배치"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_part_of_a_name_finds_names_in_any_form(unconnected, form):
    part = unicodedata.normalize(form, "추천")
    with OtherServer() as api:
        connection.connect(api.url, KEY_ID, KEY_SECRET)
        names = ["추천-배치", unicodedata.normalize("NFD", "추천-야간"), "web"]
        ids = [api.add(name) for name in names]
        api.vms[ids[0]] = [{"name": f"HadoopMST-{name}", "instanceId": name} for name in names]
        for limit, found in (("", 2), (" --limit 1", 1)):
            assert len(unconnected.value(f"%heco list --name {part}{limit}")) == found
        assert {cluster.id for cluster in connection.current().clusters(name=part)} == {*ids[:2]}
        assert unconnected.value(f"%heco vms {ids[0]} --name {part}")["instanceId"].tolist() == names[:2]
        assert {*unconnected.value(f"%heco vms --all --name {part}")["clusterName"]} == {*names[:2]}
        del api.clusters[ids[1]]
        api.requests.clear()
        assert unconnected.value(f"%heco list --name {part}")["id"].tolist() == ids[:1]
        assert len(api.requests) == 2  # one of them for whether there are others


class TestPaths:
    def test_a_backslash_is_a_letter_of_a_path(self, notebook, fleet, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert r"C:\specs\a.yaml cannot be read" in notebook.refusal(r"%heco create C:\specs\a.yaml")
        (tmp_path / r"C:\specs\a.yaml").write_text(as_yaml(SPEC), "utf-8")
        assert notebook.value(r"%heco create C:\specs\a.yaml --dry-run").body["name"] == SPEC["name"]
        notebook.value('%heco snapshot "D:\\data\\"')
        assert len(notebook.value('%heco history "D:\\data\\"')) == len(fleet)

    @pytest.mark.parametrize("path", ["~/my specs/a.yaml", "$HOME/my specs/a.yaml", "${HOME}/my specs/a.yaml"])
    def test_the_home_folder_is_found(self, notebook, tmp_path, monkeypatch, path):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "my specs").mkdir()
        (tmp_path / "my specs" / "a.yaml").write_text(as_yaml(SPEC), "utf-8")
        assert notebook.value(f'%heco create "{path}" --dry-run').body["name"] == SPEC["name"]

    def test_a_variable_of_the_notebook_comes_before_one_of_the_environment(
        self, notebook, fleet, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("FOLDER", str(tmp_path / "environment"))
        assert tmp_path / "environment" in notebook.value("%heco snapshot $FOLDER").parents
        notebook.shell.user_ns["FOLDER"] = str(tmp_path / "notebook")
        assert tmp_path / "notebook" in notebook.value("%heco snapshot $FOLDER").parents
        assert tmp_path / "notebook" in notebook.value(f"%heco snapshot file://{tmp_path}/notebook").parents

    @pytest.mark.parametrize(
        "line", ["snapshot {}", "history {}", "create {}", "usage --history {}", "usage --prices {}"]
    )
    def test_an_address_elsewhere_and_nothing_at_all_are_refused(self, notebook, emulator, tmp_path, monkeypatch, line):
        monkeypatch.chdir(tmp_path)
        for address in ("s3://bucket/x", "gs://bucket/x", "hdfs://nn:8020/x"):
            assert "not a path of this machine" in notebook.refusal(f"%heco {line.format(address)}")
        assert "is empty" in notebook.refusal(f"%heco {line.format(chr(39) * 2)}")
        assert not list(tmp_path.iterdir())
        assert not emulator.requests


class TestSlips:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("list —active", "that is a long dash (U+2014): write --active"),
            ("show “web”", "that is a curly quote (U+201C)"),
            ("show web\u00a0--help", "no-break space (U+00A0)"),
            ("ｌｉｓｔ", "full-width letters: write list"),
            ("scale web ５", "full-width letters: write 5"),
            ("show we", "names that contain it: web"),
            ("show wbe", "did you mean web?"),
            ("usage --by nope", "the columns are id, name, status, owner"),
            ("usage --by onwer", "did you mean owner?"),
            ("timeline --by nope", "the columns are id, name, status, owner"),
            ("list --limit 0", "not a whole number of at least 1"),
            ("list --limit 5 --limit 6", "--limit is given twice"),
            ("delete web --yes=no", "--yes takes no value"),
            ("wait web --timeout 99999999999999999999d", "more than ten years"),
        ],
    )
    def test_a_slip_is_named_with_what_to_write(self, notebook, emulator, fleet, line, words):
        block = notebook.refusal(f"%heco {line}")
        assert words in block
        assert len(block.strip().splitlines()) <= 3
        assert not writes(emulator)

    def test_a_large_limit_is_fine(self, notebook, fleet):
        for limit in (10**9, 10**17):
            assert len(notebook.value(f"%heco list --limit {limit}")) == len(fleet)

    def test_a_mistyped_status_is_answered_beside_the_empty_list(self, notebook, fleet):
        for line, words in (
            ("--status Runing", "nothing matches --status Runing, did you mean Running?"),
            ("--api-key-status posible", "did you mean possible?"),
        ):
            ran = notebook.run(f"%heco list {line}")
            assert ran.error is None
            assert ran.value.empty
            assert words in ran.shown
        for line in ("--status run", "--status Failed", "--status terminated", "--name nothing"):
            assert "did you mean" not in notebook.run(f"%heco list {line}").text
