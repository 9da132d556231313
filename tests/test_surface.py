"""The public names: exactly those that are promised, so that none is added or removed by accident."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil

import pytest
from support import run_python

PROMISED = {
    "heco_jupyter": {
        *("Client", "Cluster", "__version__", "connect", "errors", "fleet", "panel", "widgets"),
        *("load_ipython_extension", "unload_ipython_extension"),
    },
    "heco_jupyter.errors": {
        *("HecoError", "ApiError", "BadRequestError", "AuthenticationError", "ForbiddenError", "NotFoundError"),
        *("ConflictError", "RateLimitError", "ServerError", "TransportError", "UncertainError", "SpecError"),
        *("CredentialsError", "CommandError", "UnknownClusterError", "WaitFailedError", "WaitTimeoutError"),
    },
    "heco_jupyter.fleet": {
        *("usage", "concurrency", "timeline", "plot_usage", "plot_concurrency"),
        *("snapshot", "snapshots", "history", "compact", "read_prices", "report", "usage_sql"),
    },
    "heco_jupyter.widgets": {
        *("ClusterPanel", "ClusterPicker", "ScaleControl", "StatusView", "NodesView", "ActivityView", "DeleteControl"),
    },
    "heco_jupyter.emulator": {"Emulator", "Fault", "RecordedRequest"},
}
_REPORT = """
import importlib, json, sys
module = importlib.import_module(sys.argv[1])
values = {name: getattr(module, name) for name in module.__all__}
shown = [name for name, value in vars(module).items() if not name.startswith("_") and type(value).__name__ != "module"]
print(json.dumps({"all": module.__all__, "dir": dir(module), "shown": shown}))
"""
# Other names that a module needs, and that `__all__` leaves out.
_INTERNAL = {
    "heco_jupyter": {"annotations", "TYPE_CHECKING"},
    "heco_jupyter.emulator": {"annotations"},
}


@pytest.mark.parametrize("module", PROMISED)
def test_a_public_module_exports_what_is_promised_and_nothing_else(module):
    found = json.loads(run_python(_REPORT, module).stdout)
    assert set(found["all"]) == PROMISED[module]
    assert len(found["all"]) == len(PROMISED[module])
    assert PROMISED[module] <= set(found["dir"])
    assert set(found["shown"]) - _INTERNAL.get(module, set()) <= PROMISED[module]


def test_every_error_is_public_and_in_its_place_in_the_tree():
    from heco_jupyter import errors  # noqa: PLC0415

    tree = {
        name: value for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert set(tree) == set(errors.__all__)
    assert all(issubclass(value, errors.HecoError) for value in tree.values())
    by_api = {"BadRequestError", "AuthenticationError", "ForbiddenError", "NotFoundError", "ConflictError"}
    by_api |= {"RateLimitError", "ServerError", "ApiError"}
    assert {name for name, value in tree.items() if issubclass(value, errors.ApiError)} == by_api
    assert {value.__module__ for value in tree.values()} == {"heco_jupyter.errors"}


def test_panel_is_a_function_and_every_widget_has_the_same_parameters():
    import heco_jupyter  # noqa: PLC0415

    assert inspect.isfunction(heco_jupyter.panel)
    taken = [(p.name, p.kind.name) for p in inspect.signature(heco_jupyter.panel).parameters.values()]
    assert taken == [("cluster", "POSITIONAL_OR_KEYWORD"), ("client", "KEYWORD_ONLY")]
    for name in heco_jupyter.widgets.__all__:
        # Of the class itself, Python below 3.11.4 tells what traitlets' __new__ takes.
        _, first, second, *_ = inspect.signature(getattr(heco_jupyter.widgets, name).__init__).parameters.values()
        assert (first.name, second.name) in {("cluster", "client"), ("args", "traits")}, name


@pytest.mark.parametrize("module", ["heco_jupyter.fleet", "heco_jupyter.widgets"])
def test_no_submodule_has_the_name_of_a_public_function_or_class(module):
    package = importlib.import_module(module)
    assert {found.name for found in pkgutil.iter_modules(package.__path__)}.isdisjoint(package.__all__)


def test_old_paths_are_gone():
    for path in ("heco_jupyter.panel.panel", "heco_jupyter.api.errors", "heco_jupyter.magics.commands"):
        with pytest.raises(ModuleNotFoundError):
            __import__(path)
