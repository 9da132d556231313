"""Docstrings: there is one on everything public, and the parameters it tells of are those that there are."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import heco_jupyter

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(heco_jupyter.__path__, "heco_jupyter.")
    if not module.name.endswith("__main__")
)
_SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.MULTILINE | re.DOTALL)
_NAMES = re.compile(r"^(\w[\w, *]*?)(?: : .*)?$", re.MULTILINE)


def public(module_name):
    """Return everything public that a module defines, by name: functions, classes, and what is in those."""
    module = importlib.import_module(module_name)
    found = {}
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module_name:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            found[name] = value
        if inspect.isclass(value):
            members = {key: member for key, member in vars(value).items() if not key.startswith("_")}
            found |= {f"{name}.{key}": member for key, member in members.items() if inspect.isfunction(member)}
    return found


def documented(text):
    """Return the names under `Parameters`, or None where there is no such section."""
    section = _SECTION.search(inspect.cleandoc(text or ""))
    if section is None:
        return None
    names = _NAMES.findall(section[1])
    return [name.strip(" *") for line in names for name in line.split(",")]


def taken(value):
    """Return the names of the parameters that a caller may give."""
    parameters = inspect.signature(value).parameters.values()
    return [
        p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD and not p.name.startswith("_")
    ]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is(module):
    first = (importlib.import_module(module).__doc__ or "").strip().partition("\n\n")[0]
    assert first.endswith("."), first


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_says_what_it_does_and_takes(module):
    for name, value in public(module).items():
        assert (value.__doc__ or "").strip(), name
        told = documented(value.__doc__)
        if told is not None:
            assert set(told) <= {*taken(value)}, name
            assert set(taken(value)) - set(told) <= {"args"}, name


PUBLIC = ("heco_jupyter", "heco_jupyter.errors", "heco_jupyter.fleet", "heco_jupyter.widgets", "heco_jupyter.emulator")


def promised():
    """Return everything public that can be called, by its public name; of `Client`, the methods too."""
    found = {}
    for module_name in PUBLIC:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                found[f"{module_name}.{name}"] = value
    operations = ("list_clusters", "list_vms", "list_all_vms", "list_details", "get_cluster", "find", "create_cluster")
    for name in (*operations, "delete_cluster", "scale", "scale_out", "scale_in", "wait"):
        found[f"Client.{name}"] = getattr(heco_jupyter.Client, name)
    return found


def test_what_users_call_tells_of_its_parameters_and_has_an_example():
    for name, value in promised().items():
        if inspect.isclass(value) and issubclass(value, Exception):
            continue
        if inspect.isfunction(value) and not name.endswith("ipython_extension") and taken(value):
            assert documented(value.__doc__), name
        if not name.endswith("ipython_extension"):
            assert ">>> " in (value.__doc__ or ""), name


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_are_true(module, monkeypatch, tmp_path):
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [test for test in finder.find(importlib.import_module(module)) if test.examples]
    monkeypatch.chdir(tmp_path)
    for test in tests:
        if "client" in test.docstring:
            test.globs["client"] = heco_jupyter.connect(local=True)  # what the examples of its methods call `client`
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.failed == 0, test.name
