"""Proxies and certificates: they are named in words, their passwords never, and a refusal is not sent again."""

from __future__ import annotations

import ssl
import sys
import time
from typing import TYPE_CHECKING

import pytest
import trustme
from proxies import HOST, HttpProxy, SocksProxy, TlsServer
from support import client_at, cluster_row
from wire import answer, hang_up, page

from heco_jupyter.errors import CredentialsError, ForbiddenError, HecoError, TransportError, UncertainError
from heco_jupyter.live.watcher import watcher_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heco_jupyter.api.client import Client

PASSWORD = "pr0xy-p@ss word"
QUOTED = "pr0xy-p%40ss%20word"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def origin(authority: trustme.CA) -> Iterator[TlsServer]:
    """Return a server for `https://api.test` and `https://localhost`, whom only `authority` vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    with TlsServer(context, answer(page(cluster_row(1)))) as server:
        yield server


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the environment name the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


def by(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def client_of(origin: TlsServer, host: str = HOST, timeout: float = 20.0) -> Client:
    return client_at(f"https://{host}:{origin.port}", timeout=timeout)


def failure(client: Client) -> HecoError:
    with pytest.raises(HecoError) as caught:
        client.list_clusters()
    return caught.value


@pytest.mark.usefixtures("trusted")
class TestByAProxy:
    def test_a_list_comes_through_with_name_and_password(self, origin, monkeypatch):
        with HttpProxy(origin.port, password=f"me:{PASSWORD}") as proxy:
            by(f"http://me:{QUOTED}@127.0.0.1:{proxy.port}", monkeypatch)
            client = client_of(origin)
            assert len(client.list_clusters()) == 1
            assert proxy.tunnels == [(HOST, origin.port)]
            transport = client._transport
            shown = f"{client!r} {vars(client)} {vars(transport)} {vars(transport._route)} {vars(transport._adapter)}"
            assert PASSWORD not in shown
            assert QUOTED not in shown

    @pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "401 No"])
    def test_a_refusal_names_the_proxy_and_is_not_sent_again(self, origin, monkeypatch, status):
        with HttpProxy(origin.port, refuses=status) as proxy:
            by(f"http://me:{QUOTED}@127.0.0.1:{proxy.port}", monkeypatch)
            error = failure(client_of(origin))
            assert isinstance(error, TransportError)
            assert f"the proxy http://127.0.0.1:{proxy.port} refused: {status}" in error.what
            assert "keys" not in error.what
            assert proxy.asked == 1
            assert PASSWORD not in str(error)
            assert QUOTED not in str(error)

    @pytest.mark.parametrize("kind", ["http", "socks5h"])
    def test_a_password_that_was_refused_is_never_sent_again_by_whatever_goes_on_asking(
        self, origin, monkeypatch, kind
    ):
        refusing = {
            "http": lambda: HttpProxy(origin.port, refuses="407 Proxy Authentication Required"),
            "socks5h": lambda: SocksProxy(origin.port, refuses=True),
        }
        with refusing[kind]() as proxy:
            by(f"{kind}://me:{QUOTED}@127.0.0.1:{proxy.port}", monkeypatch)
            client = client_of(origin)
            watcher = watcher_of(client)
            for ask in (
                client.list_clusters,
                lambda: client.wait("x", timeout=60),
                lambda: client.wait("x", "terminated", timeout=60),
                watcher.read,
                lambda: client.list_details(["x", "y", "z"]),
                lambda: client.delete_cluster("x"),
            ):
                with pytest.raises(
                    TransportError, match=f"the proxy {kind}://127.0.0.1:{proxy.port} refused: "
                ) as caught:
                    ask()
                assert "and connect again" in str(caught.value)
                assert QUOTED not in str(caught.value)
                assert proxy.asked == 1
            with pytest.raises(TransportError):
                client_of(origin).list_clusters()
            assert proxy.asked == 2  # who connects again may have put it right

    def test_a_web_page_with_403_says_nothing_of_the_keys(self, origin, monkeypatch):
        page_of_its_own = answer(raw=b"<html>Blocked by policy</html>", status=403, content_type="text/html")
        origin.scripts = [page_of_its_own]
        with HttpProxy(origin.port) as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            for call in (lambda client: client.list_clusters(), lambda client: client.delete_cluster("x")):
                with pytest.raises(ForbiddenError, match=f"the proxy http://127.0.0.1:{proxy.port} or") as caught:
                    call(client_of(origin))
                assert "keys" not in str(caught.value)
                assert "%heco login" not in str(caught.value)

    def test_a_proxy_that_is_busy_is_asked_again(self, origin, monkeypatch):
        with HttpProxy(origin.port, refuses="503 Busy") as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            failure(client_of(origin, timeout=2.0))
            assert proxy.asked > 1

    def test_a_proxy_that_is_not_there_is_named(self, origin, monkeypatch):
        with HttpProxy(origin.port) as proxy:
            port = proxy.port
        by(f"http://me:{QUOTED}@127.0.0.1:{port}", monkeypatch)
        error = failure(client_of(origin, timeout=1.0))
        assert f"http://127.0.0.1:{port}" in str(error)
        assert QUOTED not in str(error)

    @pytest.mark.parametrize("password", [QUOTED, "abc", "pr0xy#word", "pr0xy/word", "pr0xy?word", "pr0xy[word"])
    @pytest.mark.parametrize(
        "url",
        ["http://me:{}@[", "http://me:{}@127.0.0.1:port", "http://me:{}@x:99999", "nonsense://me:{}@x:1", "me:{}@"],
    )
    def test_a_proxy_that_makes_no_sense_is_told_at_once_without_its_password(self, origin, monkeypatch, url, password):
        by(url.format(password), monkeypatch)
        with pytest.raises(TransportError, match="a URL that makes no sense") as caught:
            client_of(origin)
        assert "HTTPS_PROXY" in str(caught.value)
        for part in (password, PASSWORD, "word@", "/word", "#word"):
            assert part not in str(caught.value)

    def test_a_write_starts_on_a_fresh_tunnel(self, origin, monkeypatch):
        with HttpProxy(origin.port) as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            client = client_of(origin)
            client.list_clusters()
            client.list_clusters()
            assert len(proxy.tunnels) == 1
            origin.scripts = [answer({"id": "x", "name": "x", "status": "Terminating"})]
            client.delete_cluster("x")
            assert len(proxy.tunnels) == 2

    def test_a_write_whose_tunnel_breaks_after_it_was_sent_is_uncertain(self, origin, monkeypatch):
        with HttpProxy(origin.port) as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            origin.scripts = [hang_up]
            with pytest.raises(UncertainError):
                client_of(origin, timeout=1.0).delete_cluster("x")
            assert [request.method for request in origin.requests].count("DELETE") == 1

    def test_a_write_that_the_proxy_refuses_was_not_sent(self, origin, monkeypatch):
        with HttpProxy(origin.port, refuses="403 Forbidden") as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            with pytest.raises(TransportError) as caught:
                client_of(origin).delete_cluster("x")
            assert not caught.value.sent
            assert not origin.requests

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
    def test_socks_works_with_pysocks(self, origin, monkeypatch, scheme):
        with SocksProxy(origin.port) as proxy:
            by(f"{scheme}://127.0.0.1:{proxy.port}", monkeypatch)
            if scheme == "socks5":  # it looks the name up here, where only this one is known
                client = client_of(origin, "api.test" if _resolves(HOST) else HOST)
                if not _resolves(HOST):
                    assert "no connection" in str(failure(client_of(origin, timeout=1.0)))
                    return
            client = client_of(origin)
            assert len(client.list_clusters()) == 1
            assert proxy.tunnels == [(HOST, origin.port)]

    def test_socks_without_pysocks_says_what_to_install(self, origin, monkeypatch):
        monkeypatch.setitem(sys.modules, "socks", None)
        by("socks5h://me:pr0xypass@127.0.0.1:1", monkeypatch)
        with pytest.raises(TransportError, match="PySocks") as caught:
            client_of(origin)
        assert "pip install pysocks" in str(caught.value)
        assert "pr0xypass" not in str(caught.value)

    def test_this_machine_is_reached_without_a_proxy(self, origin, monkeypatch):
        with HttpProxy(origin.port) as proxy:
            by(f"http://127.0.0.1:{proxy.port}", monkeypatch)
            assert len(client_of(origin, "localhost").list_clusters()) == 1
            assert not proxy.asked


def _resolves(host: str) -> bool:
    import socket  # noqa: PLC0415

    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


class TestCertificates:
    def test_the_bundle_of_the_environment_counts_for_this_machine_too(self, origin, trusted):
        assert len(client_of(origin, "localhost").list_clusters()) == 1

    def test_a_bundle_that_is_gone_since_is_named_at_once(self, origin, trusted):
        client = client_of(origin, "localhost")
        trusted.unlink()
        error = failure(client)
        assert f"REQUESTS_CA_BUNDLE names {trusted}, which does not exist" in error.what
        assert not error.transient

    def test_a_bundle_without_certificates_is_named(self, origin, trusted):
        trusted.write_text("")
        assert f"check what REQUESTS_CA_BUNDLE names, {trusted}" in str(failure(client_of(origin, "localhost")))

    def test_an_unknown_authority_is_told_at_once(self, origin, monkeypatch):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        error = failure(client_of(origin, "localhost"))
        assert "TLS" in error.what
        assert origin.connections == 1

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_bundle_that_is_missing_is_named_at_once(self, origin, monkeypatch, tmp_path, name):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(name, str(tmp_path / "none.pem"))
        started = time.monotonic()
        with pytest.raises(CredentialsError, match=rf"{name} names .*none\.pem, which does not exist"):
            client_of(origin)
        assert time.monotonic() - started < 2
