"""`%heco create FILE`: specs that others wrote, what they may read, and what is said of it before anything is sent."""

from __future__ import annotations

import base64
import os

import pytest
from support import SPEC, as_yaml, base64_of, spec, writes

CANARY = "canary-value-42"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a spec's folder, with a script in it, a file outside it, and a link to that."""
    made = tmp_path / "spec"
    made.mkdir()
    (made / "run.sh").write_bytes(b"#!/bin/bash\r\necho hi\r\n")
    (made / ".env").write_text(CANARY)
    (tmp_path / "outside.txt").write_text(CANARY)
    (made / "link.txt").symlink_to("../outside.txt")
    monkeypatch.setenv("HECO_TEST_VPC", "vpc-0001")
    monkeypatch.setenv("HECO_TEST_SECRET_KEY", CANARY)
    monkeypatch.setenv("HECO_TEST_CONNECTION_STRING", CANARY)
    return made


@pytest.mark.parametrize("name", ["SSHKEY", "S3_KEY1", "DBPW", "GH_PAT", "JWT", "SLACK_WEBHOOK_URL", "AUTHORIZATION"])
def test_a_variable_that_looks_secret_needs_a_flag(notebook, emulator, folder, monkeypatch, name):
    monkeypatch.setenv(name, CANARY)
    block = notebook.refusal(f"%heco create {write(folder, f'!env {name}')}")
    assert "add --allow-env" in block
    assert not emulator.requests


def write(folder, written, field="execParams"):
    """Write a spec with `written` as a field of its task, and return its path."""
    task = {"type": "hive", "terminationPolicy": "never", field: "@"}
    (folder / "cluster.yaml").write_text(as_yaml(spec(userTask=task)).replace("'@'", written))
    return folder / "cluster.yaml"


@pytest.mark.parametrize(
    ("written", "flag"),
    [
        ("!file ../outside.txt", "--allow-files"),
        ("!file link.txt", "--allow-files"),
        ("!file .env", "--allow-files"),
        ("!file ~/.ssh/id_rsa", "--allow-files"),
        ("!file /etc/hostname", "--allow-files"),
        ("!env HECO_TEST_SECRET_KEY", "--allow-env"),
        ("!env HECO_TEST_CONNECTION_STRING", "--allow-env"),
        ("!secret HECO_TEST_VPC", "--allow-env"),
        ("$db_password", "--allow-env"),
        ("!base64 $db_password", "--allow-env"),
    ],
)
def test_what_looks_private_needs_a_flag_that_the_refusal_names(notebook, emulator, folder, written, flag):
    notebook.shell.user_ns["db_password"] = CANARY
    block = notebook.refusal(f"%heco create {write(folder, written)}")
    assert f"add {flag} if you trust this spec" in block
    assert CANARY not in block
    assert not emulator.requests


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("!file ../outside.txt", "reads ../outside.txt, sends it as execParams"),
        ("!file link.txt", "reads link.txt, sends it as execParams"),
        ("$db_password", "reads the variable db_password, sends it as execParams"),
        ("!env HECO_TEST_SECRET_KEY", "reads the environment variable HECO_TEST_SECRET_KEY, sends it as execParams"),
    ],
)
def test_with_the_flag_it_is_sent_and_listed(notebook, emulator, folder, written, said):
    flag = "--allow-files" if written.startswith("!file") else "--allow-env"
    notebook.shell.user_ns["db_password"] = CANARY
    ran = notebook.run(f"%heco create {write(folder, written)} {flag}")
    assert ran.error is None, ran.text
    assert said in ran.shown
    assert writes(emulator)[0].body["userTask"]["execParams"] == CANARY


def test_what_lies_beside_the_spec_is_read_and_listed(notebook, emulator, folder):
    config = SPEC["config"] | {"userScript": "@"}
    text = as_yaml(spec(config=config, vpcId="@vpc@"))
    text = text.replace("'@'", "!file run.sh").replace("'@vpc@'", "!env HECO_TEST_VPC")
    (folder / "cluster.yaml").write_text(text)
    ran = notebook.run(f"%heco create {folder / 'cluster.yaml'}")
    assert ran.error is None, ran.text
    assert "reads run.sh, sends it as userScript" in ran.shown
    assert "reads the environment variable HECO_TEST_VPC, sends it as vpcId" in ran.shown
    assert "Windows line ends (CRLF)" in ran.shown
    body = writes(emulator)[0].body
    assert body["vpcId"] == "vpc-0001"
    assert base64.b64decode(body["config"]["userScript"]) == b"#!/bin/bash\necho hi\n"


@pytest.mark.parametrize("line", ["%%heco_create --dry-run", "%%heco_create"])
def test_a_cell_needs_no_flag_and_lists_them_all_the_same(notebook, emulator, folder, line):
    ran = notebook.run(f"{line}\n{write(folder, f'!file {folder}/../outside.txt').read_text()}")
    assert ran.error is None, ran.text
    assert "sends it as execParams" in ran.shown


def test_a_dry_run_masks_what_came_from_the_environment_wherever_it_is(notebook, emulator, folder, monkeypatch):
    monkeypatch.setenv("HECO_TEST_NAME", CANARY)
    settings = {"configurations": [{"classification": "c", "properties": {"a": "@"}}]}
    body = spec(name="@", vpcId="@", config=SPEC["config"] | {"configText": settings})
    body["userTask"] = {"type": "hive", "terminationPolicy": "never", "hiveQuery": "@"}
    (folder / "cluster.yaml").write_text(as_yaml(body).replace("'@'", "!env HECO_TEST_NAME"))
    ran = notebook.run(f"%heco create {folder / 'cluster.yaml'} --dry-run")
    assert ran.error is None, ran.text
    shown = ran.text + str(ran.value.body) + repr(ran.value)
    assert CANARY not in shown
    assert base64_of(CANARY) not in shown
    assert ran.value.body["vpcId"] == "••••••"


@pytest.mark.parametrize("written", ["!file s3://bucket/run.sh", "!file file://server/run.sh"])
def test_an_address_after_file_is_refused_in_words(notebook, folder, written):
    assert "not a path of this machine" in notebook.refusal(f"%heco create {write(folder, written)} --allow-files")


def test_a_file_url_after_file_is_a_path(notebook, emulator, folder):
    notebook.value(f"%heco create {write(folder, f'!file file://{folder}/run.sh')}")
    assert "echo hi" in writes(emulator)[0].body["userTask"]["execParams"]


def test_a_secret_variable_goes_where_a_password_belongs_without_a_flag(notebook, emulator, folder):
    notebook.shell.user_ns["db_password"] = CANARY
    body = spec(adminInfo={"userId": "kim", "userPw": "@"})
    (folder / "cluster.yaml").write_text(as_yaml(body).replace("'@'", "!base64 $db_password"))
    notebook.value(f"%heco create {folder / 'cluster.yaml'}")
    assert writes(emulator)[0].body["adminInfo"]["userPw"] == base64_of(CANARY)


def test_no_number_of_harmless_sources_hides_another(notebook, emulator, folder):
    settings = {f"a{number}": "@" for number in range(40)}
    config = {"configurations": [{"classification": "c", "properties": settings}]}
    body = spec(config=SPEC["config"] | {"configText": config}, vpcId="@vpc@")
    text = as_yaml(body).replace("'@'", "!env HECO_TEST_VPC").replace("'@vpc@'", "!file run.sh")
    (folder / "cluster.yaml").write_text(text.replace("run.sh", "sub.txt"))
    (folder / "sub.txt").write_text("vpc")
    ran = notebook.run(f"%heco create {folder / 'cluster.yaml'}")
    assert "reads sub.txt, sends it as vpcId" in ran.shown
    assert "sends it as a39" in ran.shown


@pytest.mark.parametrize("field", ["type", "terminationPolicy"])
@pytest.mark.parametrize("written", ["!file ../outside.txt", "!env HECO_TEST_SECRET_KEY"])
def test_no_message_shows_what_a_tag_brought(notebook, folder, field, written):
    block = notebook.refusal(f"%heco create {write(folder, written, field)} --allow-files --allow-env")
    assert f"userTask.{field} is a text from !" in block
    assert CANARY not in block


@pytest.mark.parametrize("written", ["!file pipe", "!file /dev/zero", "!file /", "!file large.txt"])
def test_special_and_large_files_are_refused_at_once(notebook, emulator, folder, written):
    os.mkfifo(folder / "pipe")
    (folder / "large.txt").write_bytes(b"x" * 300_000)
    block = notebook.refusal(f"%heco create {write(folder, written)} --allow-files")
    assert "is not a regular file" in block or "more than 256 KiB" in block
    assert not emulator.requests
