"""The public functions, called with arguments of every wrong type: refused in a line, never by pandas' innards.

Each parameter gets each value while the others are right. A call may succeed; if it fails, it is with one of the
package's own errors, or with a `TypeError` that was raised here or in the package.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import heco_jupyter
from heco_jupyter import fleet, widgets
from heco_jupyter.errors import CommandError, HecoError, SpecError, UnknownClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = str(Path(heco_jupyter.__file__).parent)
CELLS = (
    *([1], {}, object(), 5, "x", None, b"x", math.nan, pd.Timestamp.now(), pd.Timestamp.now("UTC"), pd.Timedelta(1)),
    *(True, 1j, 10**30, "\ud800", (1, 2)),
)


@dataclass(frozen=True)
class World:
    """What the calls need: a client of the local emulator, its frames, and an archive."""

    client: heco_jupyter.Client
    clusters: pd.DataFrame
    details: pd.DataFrame
    archive: Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    client = heco_jupyter.connect(local=True)
    clusters = client.list_clusters()
    archive = tmp_path / "archive"
    fleet.snapshot(clusters, archive)
    fleet.snapshot(clusters, archive, "2026-07-01")
    fleet.compact(archive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield World(client, clusters, client.list_details(clusters), archive)


def values(world: World) -> tuple[Any, ...]:
    """Return a value of every wrong type."""
    clusters = world.clusters
    frames = (
        *(pd.DataFrame(), pd.DataFrame({"id": [1]}), clusters.astype(str), pd.concat([clusters, clusters], axis=1)),
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
    )
    return (
        *(None, True, 5, -1, 3.5, math.nan, math.inf, 10**30, 1j, np.int64(3), pd.NaT, pd.NA, len, int, sys, object()),
        *("", " ", "x", "a\0b", "\ud800", "y" * 5000, b"x", Path("zz"), dt.date(2026, 1, 1), dt.timedelta(1)),
        *([], [1], [None], [object()], (), {1}, {}, {"a": 1}, range(3), iter([1]), np.arange(3), pd.Series([1, 2])),
        *(heco_jupyter.Cluster({}), heco_jupyter.Cluster({"id": 5}), clusters.iloc[0], *frames),
    )


def calls(world: World) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Return the public functions, each with arguments that are right."""
    client, clusters = world.client, world.clusters
    cluster = client.find("etl-nightly")
    filters = dict.fromkeys(("name", "ip", "instance_id", "sort", "report"))
    found = {
        "connect": (
            heco_jupyter.connect,
            {**dict.fromkeys(("endpoint", "credential_id", "credential_secret", "profile")), "local": True},
        ),
        "panel": (heco_jupyter.panel, {"cluster": None, "client": client}),
        "Cluster": (heco_jupyter.Cluster, {"raw": {}, "timezone": "UTC", "note": None}),
        "Client": (heco_jupyter.Client, {"access": client._access, "settings": None}),
        "list_clusters": (
            client.list_clusters,
            {
                **dict.fromkeys(("name", "status", "api_key_status", "sort", "limit", "report")),
                "include_terminated": False,
            },
        ),
        "list_vms": (client.list_vms, {"cluster_id": cluster.id, **filters}),
        "list_all_vms": (client.list_all_vms, filters),
        "clusters": (client.clusters, {"name": None, "include_terminated": False}),
        "list_details": (client.list_details, {"clusters": [cluster.id], "report": None}),
        "get_cluster": (client.get_cluster, {"cluster_id": cluster.id}),
        "find": (client.find, {"text": "etl-nightly"}),
        "create_cluster": (client.create_cluster, {"spec": {}}),
        "delete_cluster": (client.delete_cluster, {"cluster_id": "nobody"}),
        "scale_out": (client.scale_out, {"cluster_id": "nobody", "n": 1}),
        "scale_in": (client.scale_in, {"cluster_id": "nobody", "n": 1}),
        "scale": (client.scale, {"cluster_id": "nobody", "n": 1}),
        "carry_out": (client.carry_out, {"plan": None}),
        "carry_out_renewed": (client.carry_out_renewed, {"plan": None}),
        "preview": (client.preview, {"plan": None}),
        "wait": (
            client.wait,
            {"cluster_id": cluster.id, "until": "running", "timeout": 0.5, "workers": None, "report": None},
        ),
        "usage": (
            fleet.usage,
            {
                **dict.fromkeys(("since", "until", "freq", "details", "history", "prices")),
                "clusters": clusters,
                "by": "owner",
            },
        ),
        "report": (
            fleet.report,
            {
                **dict.fromkeys(("month", "details", "history", "prices", "at")),
                "clusters": clusters,
                "by": "owner",
                "forgotten_after": 14,
            },
        ),
        "concurrency": (
            fleet.concurrency,
            {**dict.fromkeys(("since", "until", "details", "history")), "clusters": clusters, "freq": "D"},
        ),
        "timeline": (fleet.timeline, {"clusters": clusters, "by": "owner", "since": None, "until": None}),
        "plot_usage": (fleet.plot_usage, {"table": fleet.usage(clusters), "value": "nodeHours"}),
        "plot_concurrency": (fleet.plot_concurrency, {"counts": fleet.concurrency(clusters, "D")}),
        "snapshot": (
            fleet.snapshot,
            {"clusters": clusters, "directory": world.archive, "at": None, "details": None, "prices": None},
        ),
        "snapshots": (
            fleet.snapshots,
            {"directory": world.archive, "since": None, "until": None, "columns": None},
        ),
        "history": (
            fleet.history,
            {"directory": world.archive, "since": None, "until": None, "timezone": "UTC"},
        ),
        "compact": (fleet.compact, {"directory": world.archive, "date": None}),
        "read_prices": (fleet.read_prices, {"prices": {"a": 1}}),
        "usage_sql": (
            fleet.usage_sql,
            {
                "folder": world.archive,
                "by": "owner",
                "since": None,
                "until": None,
                "freq": None,
                "engine": "duckdb",
                "timezone": "UTC",
            },
        ),
    }
    views = {name: (getattr(widgets, name), {"cluster": None, "client": client}) for name in widgets.__all__}
    return found | views


NAMES = (
    *("connect", "panel", "Cluster", "Client", "list_clusters", "list_vms", "list_all_vms", "clusters", "list_details"),
    *("get_cluster", "find", "create_cluster", "delete_cluster", "scale_out", "scale_in", "scale", "carry_out"),
    *("carry_out_renewed", "preview", "wait", "usage", "concurrency", "timeline", "plot_usage", "plot_concurrency"),
    *("report", "snapshot", "snapshots", "history", "compact", "read_prices", "usage_sql", *widgets.__all__),
)


def misbehaviour(call: Callable[[], Any]) -> str | None:
    """Make a call; return what is wrong with how it failed, or None."""
    try:
        made = call()
    except SpecError:
        return None  # one line for each field
    except HecoError as error:
        lines = str(error).splitlines()
        return None if len(lines) <= 3 and max(map(len, lines)) <= 500 else f"a long message: {error}"
    except TypeError as error:
        raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
        return None if raised_in == __file__ or raised_in.startswith(PACKAGE) else f"{error!r} in {raised_in}"
    except Exception as error:  # noqa: BLE001 (what this test is about)
        return repr(error)
    if isinstance(made, widgets.ClusterPanel | widgets.ClusterPicker | widgets.StatusView):
        made.close()
    return None


def test_every_public_function_is_among_those_tried(world):
    public = {*fleet.__all__} | {*widgets.__all__, "connect", "panel"}
    operations = {name for name in vars(heco_jupyter.Client) if not name.startswith("_")}
    harmless = {"close", "endpoint", "credentials", "settings", "names", "check_connection", "last_seen", "stats"}
    assert {*NAMES} == {*calls(world)}
    assert public | (operations - harmless) <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_of_a_wrong_type_is_refused_in_a_line(world, name):
    function, right = calls(world)[name]
    wrong = {}
    for parameter in right:
        for value in values(world):
            problem = misbehaviour(lambda bad={**right, parameter: value}: function(**bad))
            if problem:
                wrong[parameter, repr(value)[:80]] = problem
    assert not wrong


@pytest.mark.parametrize("name", ["usage", "by name", "concurrency", "timeline", "snapshot", "details", "list_details"])
def test_a_column_that_holds_something_else_is_refused_in_a_line(world, tmp_path, name):
    by = ["name", "status", "createdAt", "nodeCnt"]
    prices = {"m2a.xlarge": 1.0}
    function = {
        "usage": fleet.usage,
        "by name": lambda frame: fleet.usage(frame, by=by),
        "concurrency": lambda frame: fleet.concurrency(frame, "D"),
        "timeline": fleet.timeline,
        "snapshot": lambda frame: fleet.snapshot(frame, tmp_path / "other"),
        "details": lambda frame: fleet.usage(world.clusters, details=frame, prices=prices),
        "list_details": world.client.list_details,
    }[name]
    whole = world.details if name == "details" else world.clusters
    wrong = {}
    for column in whole:
        for cell in CELLS:
            frame = whole.head(3).copy()
            frame[column] = pd.Series([cell] * 3, dtype=object)
            problem = misbehaviour(lambda frame=frame: function(frame))
            if problem:
                wrong[column, repr(cell)] = problem
    assert not wrong


def test_one_cluster_is_read_in_detail_by_its_id_or_as_a_row(world):
    cluster = world.client.find("etl-nightly")
    row = world.clusters[world.clusters["id"] == cluster.id].iloc[0]
    for one in (cluster.id, cluster, [cluster], row, world.clusters[world.clusters["id"] == cluster.id]):
        assert world.client.list_details(one)["id"].tolist() == [cluster.id]
    with pytest.raises(CommandError, match="no column id"):
        world.client.list_details(world.clusters[["name"]])


def test_a_panel_and_its_views_find_a_cluster_by_name(world):
    cluster = world.client.find("etl-nightly")
    for make in (heco_jupyter.panel, *(getattr(widgets, name) for name in widgets.__all__)):
        view = make("etl-nightly")
        assert view.cluster_id == cluster.id
        view.close()
        with pytest.raises(UnknownClusterError, match="names that contain it: etl-nightly"):
            make("etl-nightl")


def test_a_column_that_is_not_there_is_answered_with_those_that_are(world):
    for call in (fleet.usage, fleet.timeline):
        with pytest.raises(CommandError, match=r"no column 'nope' .*\nthe columns are id, name, status") as caught:
            call(world.clusters, by="nope")
        assert len(str(caught.value).splitlines()) == 2
    with pytest.raises(CommandError, match="did you mean owner"):
        fleet.usage(world.clusters, by="onwer")
    with pytest.raises(CommandError, match="the columns are id"):
        fleet.snapshots(world.archive, columns="nope")
    assert list(fleet.snapshots(world.archive, columns="nodeCnt")) == ["snapshotAt", "id", "nodeCnt"]


def test_an_address_elsewhere_makes_no_folder_here(world, tmp_path):
    for call in (lambda path: fleet.snapshot(world.clusters, path), fleet.history, fleet.compact, fleet.read_prices):
        with pytest.raises(CommandError, match="is an address in s3, not a path of this machine"):
            call("s3://bucket/folder")
    assert not (tmp_path / "s3:").exists()
