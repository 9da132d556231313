"""`%heco template` and `%heco clone`: cells that are put below and create a cluster when they run."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CREATE_REQUESTS, SPEC, base64_of, create_request, spec, writes

from heco_jupyter.api import connection
from heco_jupyter.api.spec.dumping import commented_yaml
from heco_jupyter.api.spec.reading import read_spec
from heco_jupyter.commands.catalog import BY_NAME

PASSWORD = "secret-password"
KINDS = BY_NAME["template"].arguments[0].choices


def created(emulator):
    """Return the body of the one create that was sent."""
    (request,) = writes(emulator)
    return request.body


def test_a_template_is_put_below_and_runs_as_it_is_without_creating_anything(notebook, emulator, shell):
    for kind in ("", *KINDS):
        notebook.value(f"%heco template {kind}")
        cell = shell.rl_next_input
        assert cell.startswith("%%heco_create")
        assert notebook.value(cell).body["workerCnt"] == 3
    assert not writes(emulator)


def test_the_storage_template_asks_for_the_keys_and_shows_none(notebook, emulator, shell, person):
    notebook.value("%heco template storage")
    person.answers = [f"canary-key-{number}" for number in range(4)]
    ran = notebook.run(shell.rl_next_input.replace("--dry-run", "").replace("--wait", ""))
    assert ran.error is None, ran.text
    properties = json.loads(base64.b64decode(created(emulator)["config"]["configText"]))["configurations"][0][
        "properties"
    ]
    assert properties["fs.s3a.endpoint"] == "objectstorage.kr-central-2.kakaocloud.com"
    assert sorted(properties.values())[:4] == [f"canary-key-{number}" for number in range(4)]
    assert "canary" not in ran.text


HOSTILE = (
    *("$USER", "$$USER", "$$$x", "!env HOME", "&a", "*a", "1.50", "-0", "null", "~", "true", "a\x85b", "a\u2028b"),
    *("a: b", "#x", "a\n  b: c\n", "\n", " a", "a\r\nb", "{x}", "[x]", "'", '"', "- x", "? x", "%x", "@x", "`x`", "|"),
    *(">", "\ufeffx"),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(HOSTILE)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(texts, st.dictionaries(texts, texts | numbers | st.booleans() | st.none(), max_size=3))
def test_whatever_the_api_says_a_clone_reads_back_as_the_same_values(text, properties):
    settings = {"configurations": [{"classification": text, "properties": properties}]}
    spec = {"name": text, "securityGroupIds": [text], "config": {"configText": settings, "userScript": text}}
    read = read_spec(commented_yaml(spec), first_line=1, variables={"USER": "wrong", "x": "wrong"}, folder=Path())
    assert read.problems == []
    assert read.data == spec


@pytest.mark.parametrize("name", ["$USER", "$$USER", "a $USER", "${USER}", "!env HOME"])
def test_no_text_of_the_api_becomes_a_variable_in_a_clone(notebook, emulator, shell, name):
    made = connection.current().create_cluster(spec(name=name, keypairName=name))
    notebook.run("USER = 'wrong'")
    emulator.clear_requests()
    notebook.value(f"%heco clone {made.id}")
    preview = notebook.value(shell.rl_next_input)
    assert (preview.body["name"], preview.body["keypairName"]) == (name, name)


@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_a_clone_of_each_of_the_vendors_examples_sends_the_same_body_again(
    notebook, emulator, shell, monkeypatch, name
):
    body = create_request(name, PASSWORD)
    made = connection.current().create_cluster(body)
    notebook.value(f"%heco clone {made.id}")
    cell = shell.rl_next_input.replace(f"name: {made.name}", "name: another")
    emulator.clear_requests()
    for variable in ("HUE_PASSWORD", "HIVE_DB_PASSWORD"):
        monkeypatch.setenv(variable, PASSWORD)
    notebook.value(cell.replace(" --dry-run", ""))
    # The API does not return some fields of a create, and returns the data catalog by its other name.
    sent = {k.replace("dataCatalogInfo", "dataCatalog"): v for k, v in created(emulator).items()}
    sent.pop("securityGroupIds", None)
    for key in ("userScript", "userScriptFileUrl"):
        body["config"].pop(key, None)
    body.pop("securityGroupName", None)
    body.pop("securityGroupIds", None)
    body["dataCatalog"] = body.pop("dataCatalogInfo", body.get("dataCatalog"))
    assert sent == {k: v for k, v in body.items() if v is not None} | {"name": "another"}


def test_a_clone_creates_a_cluster_like_the_first(notebook, emulator, shell, monkeypatch):
    settings = {"configurations": [{"classification": "core-site", "properties": {"a": "1"}}]}
    task = {"type": "hive", "terminationPolicy": "never", "hiveQuery": "select 1;\nselect 2;\n"}
    body = spec(userTask=task, config=SPEC["config"] | {"configText": json.dumps(settings)})
    body |= {"adminInfo": {"userId": "admin", "userPw": base64_of("hunter2-example")}}
    client = connection.current()
    made = client.wait(client.create_cluster(body).id, timeout=60)
    notebook.value("%heco clone etl-nightly")
    cell = shell.rl_next_input
    assert "userPw: !secret HUE_PASSWORD" in cell
    assert "The other cluster still has this name" in cell
    client.delete_cluster(made.id)
    client.wait(made.id, "terminated", timeout=60)
    emulator.clear_requests()
    monkeypatch.setenv("HUE_PASSWORD", "hunter2-example")
    notebook.value(cell.replace(" --dry-run", ""))
    sent = created(emulator)
    again = {name: value for name, value in sent.items() if name not in ("securityGroupIds", "config")}
    assert again == {name: value for name, value in body.items() if name not in ("securityGroupName", "config")}
    assert sent["config"]["hdfsReplication"] == 2


def test_a_clone_of_settings_has_no_secret_of_any_type(notebook, shell):
    properties = {"fs.s3a.secret.key": "canary-key", "ranger.password": 12345678, "a.secret.enabled": True, "b": "${X}"}
    settings = {"configurations": [{"classification": "c", "properties": properties}]}
    made = connection.current().create_cluster(spec(config=SPEC["config"] | {"configText": settings}))
    notebook.value(f"%heco clone {made.id}")
    cell = shell.rl_next_input
    assert "fs.s3a.secret.key: !secret FS_S3A_SECRET_KEY" in cell
    assert "ranger.password: !secret RANGER_PASSWORD" in cell
    assert "a.secret.enabled: true" in cell
    assert "canary" not in cell
    assert "12345678" not in cell


def test_a_clone_has_no_secret_that_is_written_within_a_text(notebook, emulator, shell, monkeypatch):
    options = "--conf spark.hadoop.fs.s3a.secret.key=canary-key --master yarn"
    settings = {"configurations": [{"classification": "c", "properties": {"env": "AWS_SECRET_ACCESS_KEY=canary-key"}}]}
    task = {"type": "spark", "terminationPolicy": "never", "deployMode": "cluster", "execOpts": options}
    made = connection.current().create_cluster(
        spec(userTask=task, config=SPEC["config"] | {"configText": base64_of(json.dumps(settings))})
    )
    notebook.value(f"%heco clone {made.id}")
    cell = shell.rl_next_input.replace(" --dry-run", "").replace(f"name: {made.name}", "name: another")
    assert "execOpts: !secret EXECOPTS" in cell
    assert "env: !secret ENV" in cell
    assert "canary" not in cell
    emulator.clear_requests()
    monkeypatch.setenv("EXECOPTS", options)
    monkeypatch.setenv("ENV", settings["configurations"][0]["properties"]["env"])
    notebook.value(cell)
    sent = created(emulator)
    assert sent["userTask"] == task
    assert json.loads(base64.b64decode(sent["config"]["configText"])) == settings
