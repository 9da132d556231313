"""Paths of this machine, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from heco_jupyter.api.model.paths import local_path
from heco_jupyter.errors import CommandError


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a.yaml", "a.yaml"),
        (r"C:\specs\a.yaml", r"C:\specs\a.yaml"),
        ("C:/specs/a.yaml", "C:/specs/a.yaml"),
        ("D:\\data\\", "D:\\data\\"),
        (r"\\server\share\x", r"\\server\share\x"),
        ("my data/분석", "my data/분석"),
        ("file:///data/my%20spec.yaml", "/data/my spec.yaml"),
        ("file://localhost/data", "/data"),
        ("FILE:/data", "/data"),
        ("file:///C:/data", "C:/data"),
        ("file.yaml", "file.yaml"),
        ("a:b", "a:b"),
    ],
)
def test_a_path_is_kept_as_it_is_written(text, path):
    assert local_path(text) == Path(path)
    assert local_path(Path(path)) == Path(path)


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/kim")
    assert local_path("~/heco") == Path("/home/kim/heco")


@pytest.mark.parametrize("scheme", ["s3", "s3a", "S3", "gs", "hdfs", "abfss", "http", "https", "oss", "swifta"])
def test_an_address_elsewhere_is_refused_in_words(scheme):
    for path in (f"{scheme}://bucket/folder", f" {scheme}://bucket/folder", Path(f"{scheme}://bucket/folder")):
        with pytest.raises(CommandError, match=f"is an address in {scheme}, not a path of this machine"):
            local_path(path)


def test_a_file_on_another_machine_is_refused():
    with pytest.raises(CommandError, match="is an address in file"):
        local_path("file://server/share")


@pytest.mark.parametrize("path", ["", " ", "\t", None, 5, b"x", ["a"], "a\0b", "\ud800", "~nobody-of-this-name/x"])
def test_what_is_no_path_is_refused_in_a_line(path):
    with pytest.raises(CommandError) as caught:
        local_path(path, "directory")
    assert len(str(caught.value).splitlines()) <= 2
