"""Files that a spec is in, or names: which are read, and which are refused by what they are."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from heco_jupyter.api.spec.files import LARGEST, expanded, is_private, read_text
from heco_jupyter.errors import SpecError


def refusal(path):
    with pytest.raises(SpecError) as caught:
        read_text(path)
    return caught.value.problems[0].message


def test_a_text_is_read_as_it_is_line_ends_and_byte_order_mark_included(tmp_path):
    (tmp_path / "f").write_bytes("\ufeff#!/bin/sh\r\necho 안녕\n".encode())
    assert read_text(tmp_path / "f") == "\ufeff#!/bin/sh\r\necho 안녕\n"


def test_a_pipe_is_refused_at_once_also_with_a_writer_that_says_nothing(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "not a regular file" in refusal(path)
    writer = os.open(path, os.O_RDWR)
    try:
        assert "not a regular file" in refusal(path)
    finally:
        os.close(writer)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/urandom", "/dev/tty", "/"])
def test_a_device_and_a_folder_are_refused(tmp_path, path):
    assert "not a regular file" in refusal(tmp_path / path)


def test_a_file_without_a_size_is_read_and_measured_by_its_content():
    assert read_text(Path("/proc/self/status")).startswith("Name:")


def test_a_file_is_measured_by_what_is_read_not_by_what_is_said_of_it(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * (LARGEST + 1))
    assert "more than 256 KiB" in refusal(path)
    path.write_bytes(b"x" * LARGEST)
    assert len(read_text(path)) == LARGEST


def test_a_growing_file_is_read_up_to_the_limit_and_no_further(tmp_path):
    path, stop = tmp_path / "growing", threading.Event()
    path.write_bytes(b"x" * (LARGEST + 1))

    def grow():
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(b"x" * 4096)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        assert "more than 256 KiB" in refusal(path)
    finally:
        stop.set()
        thread.join()


def test_paths_have_home_and_variables_filled_in(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HECO_TEST_FOLDER", "specs")
    assert expanded("~/a") == tmp_path / "a"
    assert expanded("$HOME/$HECO_TEST_FOLDER/a") == tmp_path / "specs" / "a"


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("run.sh", False),
        ("sub/run.sh", False),
        ("sub/../run.sh", False),
        ("../run.sh", True),
        ("/etc/hostname", True),
        (".env", True),
        ("id_ed25519", True),
        *(
            (name, True)
            for name in ("token.txt", "apiKey.json", "api-key", "private_key", "aws_accessKeys.csv", "netrc")
        ),
        *((name, True) for name in ("kubeconfig", "db.kdbx", "prod.env", "service-account.json", "creds.txt", "my.pw")),
        *((name, False) for name in ("core-site.json", "keypairs.txt", "authors.csv", "tokenizer.py", "query.hql")),
        ("key.pem", True),
        ("db-passwords.txt", True),
        (".ssh/work", True),
        (".config/heco/config.toml", True),
        ("sub/.kube/config", True),
        ("sub/secrets/db.txt", True),
        ("link", True),
        ("link-to-secret", True),
    ],
)
def test_what_somebody_elses_spec_has_no_business_with(tmp_path, name, private):
    folder = tmp_path / ".hidden" / "spec"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / ".hidden" / "outside").write_text("x")
    (folder / "link").symlink_to("../outside")
    (folder / "link-to-secret").symlink_to(".env")
    assert is_private(folder / name, folder) is private
