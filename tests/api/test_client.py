"""The life of a client: its connections, how they are closed, and what it sends of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import client_at, cluster_row, until
from wire import WireServer, answer, page

import heco_jupyter
from heco_jupyter.api import connection
from heco_jupyter.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heco_jupyter.api.client import Client


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer(answer(page(cluster_row(1)))) as running:
        yield running


def connect(server: WireServer) -> Client:
    return heco_jupyter.connect(server.url, "the-id-of-the-key", "the-secret-of-the-key")


def closed(server: WireServer) -> list[bool]:
    """Return, for each connection so far, whether the server has seen it close."""
    return [connection.fileno() == -1 for connection in server._open]


def test_close_closes_idle_connections_and_the_client_stays_usable(server):
    client = connect(server)
    client.list_clusters()
    assert closed(server) == [False]
    client.close()
    until(lambda: closed(server) == [True])
    assert len(client.list_clusters()) == 1
    assert server.connections == 2


def test_a_with_block_closes_its_client_when_it_fails(server):
    with pytest.raises(KeyError), connect(server):
        raise KeyError
    until(lambda: closed(server) == [True])


def test_a_new_connection_closes_the_replaced_client_which_stays_usable(server):
    old = connect(server)
    new = connect(server)
    assert connection.current() is new
    until(lambda: closed(server) == [True, False])
    assert len(old.list_clusters()) == 1
    assert len(new.list_clusters()) == 1


def test_a_failed_connect_closes_the_previous_client(server):
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


def test_the_repr_of_a_client_shows_no_secret():
    client = client_at("https://example.com", "the-id-of-the-key", "the-secret-of-the-key")
    assert "the-secret" not in repr(client) + repr(vars(client))
