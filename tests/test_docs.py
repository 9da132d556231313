"""Docstrings: there is one on everything public, and the parameters it tells of are those that there are."""

from __future__ import annotations

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


def test_what_users_call_tells_of_its_parameters():
    from heco_jupyter import fleet  # noqa: PLC0415
    from heco_jupyter.api.client import Client  # noqa: PLC0415

    calls = [getattr(fleet, name) for name in fleet.__all__] + [heco_jupyter.connect, heco_jupyter.panel]
    calls += [Client.list_clusters, Client.list_vms, Client.list_details, Client.wait, Client.create_cluster]
    for call in calls:
        assert documented(call.__doc__), call
