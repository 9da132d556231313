"""A client as an object: it closes its connections, and one that replaces another closes the other's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support import cluster_row
from wire import WireServer, answer, page

import heco_jupyter
from heco_jupyter.api import connection
from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.fast


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer(answer(page(cluster_row(1)))) as running:
        yield running


def connect(server: WireServer) -> Client:
    return heco_jupyter.connect(server.url, "the-id-of-the-key", "the-secret-of-the-key")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def closed(server: WireServer) -> list[bool]:
    """Return of each connection that was ever made whether the server has seen it close."""
    return [opened.fileno() == -1 for opened in server._open]


def test_closing_closes_idle_connections_and_the_client_can_go_on(server):
    client = connect(server)
    client.list_clusters()
    assert closed(server) == [False]
    client.close()
    until(lambda: closed(server) == [True])
    assert len(client.list_clusters()) == 1
    assert server.connections == 2


def test_a_with_block_closes_also_when_it_fails(server):
    with pytest.raises(KeyError), connect(server):
        raise KeyError
    until(lambda: closed(server) == [True])


def test_a_client_that_replaces_another_closes_its_connections_and_whoever_holds_it_goes_on(server):
    old = connect(server)
    new = connect(server)
    assert connection.current() is new
    until(lambda: closed(server) == [True, False])
    assert len(old.list_clusters()) == 1
    assert len(new.list_clusters()) == 1


def test_a_connect_that_fails_closes_the_one_before(server):
    connect(server)
    server.scripts = [answer({"message": "no such path"}, 404)]
    with pytest.raises(NotFoundError):
        connect(server)
    until(lambda: closed(server)[:1] == [True])
    assert connection.connected() is None


def test_every_request_names_the_package_and_its_version(server):
    connect(server).list_clusters()
    for request in server.requests:
        assert request.headers["user-agent"].startswith(f"heco-jupyter/{heco_jupyter.__version__} ")


def test_its_repr_shows_no_secret():
    credentials = Credentials("the-id-of-the-key", Secret("the-secret-of-the-key"), "the test")
    client = Client(Access("https://example.com", credentials))
    assert "the-secret" not in repr(client) + repr(vars(client))
