"""Docstrings: everything public has one, which names the real parameters and has examples that run."""

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
    """Return the public functions, classes and methods that a module defines, by name."""
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
    """Return the names under `Parameters`, or None without such a section."""
    section = _SECTION.search(inspect.cleandoc(text or ""))
    if section is None:
        return None
    names = _NAMES.findall(section[1])
    return [name.strip(" *") for line in names for name in line.split(",")]


def parameters_of(value):
    """Return the names of the parameters that a caller may pass."""
    parameters = inspect.signature(value).parameters.values()
    return [
        p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD and not p.name.startswith("_")
    ]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_begins_with_a_sentence_about_itself(module):
    first = (importlib.import_module(module).__doc__ or "").strip().partition("\n\n")[0]
    assert first.endswith("."), first


@pytest.mark.parametrize("module", MODULES)
def test_every_public_docstring_names_exactly_the_parameters(module):
    for name, value in public(module).items():
        assert (value.__doc__ or "").strip(), name
        names = documented(value.__doc__)
        if names is not None:
            assert set(names) <= {*parameters_of(value)}, name
            assert set(parameters_of(value)) - set(names) <= {"args"}, name


PUBLIC = ("heco_jupyter", "heco_jupyter.errors", "heco_jupyter.fleet", "heco_jupyter.widgets", "heco_jupyter.emulator")


def promised():
    """Return every public function and class, and the operations of `Client`, by their public names."""
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


def test_what_users_call_documents_its_parameters_and_has_an_example():
    for name, value in promised().items():
        if inspect.isclass(value) and issubclass(value, Exception):
            continue
        if inspect.isfunction(value) and not name.endswith("ipython_extension") and parameters_of(value):
            assert documented(value.__doc__), name
        if not name.endswith("ipython_extension"):
            assert ">>> " in (value.__doc__ or ""), name


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_run(module, monkeypatch, tmp_path):
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [test for test in finder.find(importlib.import_module(module)) if test.examples]
    monkeypatch.chdir(tmp_path)
    for test in tests:
        if "client" in test.docstring:
            test.globs["client"] = heco_jupyter.connect(local=True)  # as the examples of its methods call it
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.failed == 0, test.name
