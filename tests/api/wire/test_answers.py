"""Answers: about what was asked, in any shape that servers give them, and never more than a `HecoError`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support import client_at, cluster_row, spec
from wire import WireServer, answer, page, raw

from heco_jupyter.errors import ApiError, BadRequestError, CommandError, HecoError, SpecError, UncertainError

if TYPE_CHECKING:
    from heco_jupyter.api.client import Client

ASKED = cluster_row(1)["id"]
OTHER = cluster_row(2)


def client_of(server: WireServer, timeout: float = 10.0) -> Client:
    return client_at(server.url, timeout=timeout)


class TestTheUnforeseen:
    @pytest.fixture(autouse=True)
    def _breaks(self, monkeypatch):
        def fail(*arguments, **options):
            raise RuntimeError("nobody thought of this")

        for reader in ("heco_jupyter.api.client.read_cluster", "heco_jupyter.api.writes.writer.read_cluster"):
            monkeypatch.setattr(reader, fail)

    def test_a_read_ends_with_a_short_error(self):
        with WireServer(answer(cluster_row(1))) as server, pytest.raises(ApiError, match="makes no sense") as caught:
            client_of(server).get_cluster(ASKED)
        assert "nobody thought" not in str(caught.value)

    def test_after_a_write_it_is_a_lost_answer(self):
        with WireServer(lambda c: (answer(page()) if c.method == "GET" else answer(cluster_row(1)))(c)) as server:
            with pytest.raises(UncertainError, match="makes no sense"):
                client_of(server).create_cluster(spec())
            assert [request.method for request in server.requests].count("POST") == 1


class TestWhatWasAsked:
    def test_a_read_that_brings_another_cluster_is_refused(self):
        with WireServer(answer(OTHER)) as server, pytest.raises(ApiError, match="about another cluster"):
            client_of(server).get_cluster(ASKED)

    def test_the_case_of_an_id_does_not_matter(self):
        with WireServer(answer(cluster_row(1))) as server:
            assert client_of(server).get_cluster(ASKED.upper()).id == ASKED

    @pytest.mark.parametrize(("asked", "brought"), [("C1", "c1"), ("c1", "C1"), ("straße", "strasse"), ("K1", "k1")])
    def test_only_of_a_uuid_is_it_known_that_the_case_does_not_matter(self, asked, brought):
        with WireServer(answer(cluster_row(1, id=brought))) as server, pytest.raises(ApiError, match="another cluster"):
            client_of(server).scale_out(asked, 1)
        assert {request.method for request in server.requests} == {"GET"}

    @pytest.mark.parametrize("operation", ["scale", "scale_out", "scale_in"])
    def test_no_write_goes_to_an_id_that_came_in_place_of_the_one_asked_for(self, operation):
        with WireServer(answer(OTHER)) as server, pytest.raises(ApiError, match="about another cluster"):
            getattr(client_of(server), operation)(ASKED, 1)
        assert {request.method for request in server.requests} == {"GET"}

    def test_a_name_that_leads_to_another_cluster_is_not_followed(self):
        listed = answer(page(cluster_row(1, name="etl")))
        with WireServer(listed, answer(OTHER)) as server, pytest.raises(ApiError, match="about another cluster"):
            client_of(server).find("etl")

    @pytest.mark.parametrize("body", [{"id": OTHER["id"], "name": "x", "status": "Terminating"}, {"id": ""}, {}])
    def test_a_write_whose_answer_is_about_another_cluster_is_a_lost_answer(self, body):
        with WireServer(answer(body), answer(cluster_row(1))) as server, pytest.raises(UncertainError):
            client_of(server).delete_cluster(ASKED)
        assert [request.method for request in server.requests].count("DELETE") == 1

    def test_a_create_whose_answer_has_another_name_is_a_lost_answer(self):
        made = {"id": "new", "name": "somebody-elses", "status": "Initializing"}
        with WireServer(answer(page()), answer(made), answer(page())) as server, pytest.raises(UncertainError):
            client_of(server).create_cluster(spec(name="etl"))
        assert [request.method for request in server.requests].count("POST") == 1


NASTY_HEADERS = [
    ("302 Found", "Location: http://[\r\n"),
    ("302 Found", "Location: //[::1\r\n"),
    ("400 Bad", "Content-Type: text/plain; charset=undefined\r\n"),
    ("400 Bad", "Content-Type: text/plain; charset=idna\r\n"),
    ("400 Bad", "Content-Type: text/plain; charset=\x00\r\n"),
    ("400 Bad", "Content-Type: text/plain; charset=utf-16\r\n"),
    ("400 Bad", "Content-Type: text/plain; charset*=x'y'%ff\r\n"),
    ("429 Slow", f"Retry-After: {'9' * 400}\r\n"),
    ("429 Slow", "Retry-After: ²\r\n"),
    ("503 No", "Retry-After: Fri, 99 Feb 99999 99:99:99 GMT\r\n"),
    ("200 OK", "Date: Fri, 99 Feb 99999 99:99:99 +9999\r\n"),
    ("200 OK", "Content-Encoding: gzip\r\n"),
    ("200 OK", "Content-Encoding: br, nonsense\r\n"),
    ("999 ", ""),
    ("000 Zero", ""),
]


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize(("status", "headers"), NASTY_HEADERS)
@pytest.mark.parametrize("operation", ["list_clusters", "get_cluster", "delete_cluster"])
def test_no_header_raises_anything_but_our_errors(status, headers, operation):
    body = json.dumps({"message": "no"})
    data = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode("latin-1", "replace")
    with WireServer(raw(data)) as server:
        client = client_of(server, timeout=2.0)
        with pytest.raises(HecoError) as caught:
            client.list_clusters() if operation == "list_clusters" else getattr(client, operation)("x")
    assert len(str(caught.value).splitlines()) <= 3
    if operation == "delete_cluster":
        assert [request.method for request in server.requests].count("DELETE") == 1


def test_an_id_of_half_a_character_in_a_list_ends_what_would_ask_for_it_with_our_error():
    with WireServer(answer(page(cluster_row(1, id="\ud800")))) as server:
        client = client_of(server)
        for call in (
            client.list_all_vms,
            lambda: client.list_details(client.list_clusters()),
            lambda: client.find("etl"),
        ):
            with pytest.raises(HecoError):
                call()


def test_half_a_character_is_refused_before_anything_is_sent(client, emulator):
    half = "etl-\ud83d"
    for call in (
        lambda: client.get_cluster(half),
        lambda: client.delete_cluster(half),
        lambda: client.list_clusters(name=half),
        lambda: client.list_vms("x", ip=half),
        lambda: client.find(half),
    ):
        with pytest.raises(CommandError, match="half a character"):
            call()
    with pytest.raises(SpecError, match="half a character"):
        client.create_cluster(spec(name=half))
    assert not emulator.requests


class TestErrorsOfEveryShape:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"error": {"code": "QuotaExceeded", "message": "no more nodes"}}, "no more nodes (QuotaExceeded)"),
            ({"error": {"code": 4001, "message": "no more nodes"}}, "no more nodes (4001)"),
            ({"detail": [{"loc": ["body", "workerCnt"], "msg": "too few", "type": "v"}]}, "workerCnt: too few"),
            ({"detail": [{"loc": ["body", "config", 0], "msg": "bad"}, {"msg": "worse"}]}, "config.0: bad; worse"),
            ({"timestamp": "t", "status": 400, "error": "Bad Request", "message": "bad name", "path": "/"}, "bad name"),
            ({"code": "E7", "message": "bad (E7)"}, "bad (E7)"),
            ({"message": "Validation failed", "errors": [{"defaultMessage": "x"}]}, "Validation failed: x"),
        ],
    )
    def test_what_the_api_says_is_shown_with_its_code(self, body, words):
        with WireServer(answer(body, 400)) as server, pytest.raises(BadRequestError) as caught:
            client_of(server).get_cluster("x")
        assert caught.value.said == f"the API says: {words}"


class TestAnswersOfTomorrow:
    def test_totals_may_stand_in_an_object_of_their_own(self):
        def script(conversation):
            number = int(conversation.path.partition("page=")[2].partition("&")[0])
            rows = [cluster_row(number * 10 + n) for n in range(10)]
            about = {"size": 10, "number": number, "totalElements": 30, "totalPages": 3}
            answer({"content": rows, "page": about})(conversation)

        with WireServer(script) as server:
            frame = client_of(server).list_clusters()
        assert len(frame) == 30
        assert frame.attrs["totalElements"] == 30
        assert frame.attrs["complete"]

    def test_a_value_of_another_type_spoils_its_cell_and_no_more(self):
        rows = [cluster_row(1, workerCnt="three", createdAt="yesterday"), cluster_row(2, status=5), cluster_row(3)]
        with WireServer(answer(page(*rows))) as server, pytest.warns(UserWarning, match=r"workerCnt \(1\)"):
            frame = client_of(server).list_clusters()
        assert frame["workerCnt"].tolist()[1:] == [3, 3]
        assert frame["workerCnt"].isna().tolist() == [True, False, False]
        assert frame["status"].isna().tolist() == [False, True, False]
        assert frame.attrs["misfits"] == {"status": 1, "workerCnt": 1, "createdAt": 1}
        assert frame.attrs["complete"]

    def test_so_it_does_in_the_details_of_clusters(self):
        odd = cluster_row(1, workerInfo=[{"flavorName": 7, "volumeSize": "large"}], totalVmUptime="long", isHa=False)
        with WireServer(answer(odd)) as server, pytest.warns(UserWarning, match=r"workerFlavorName \(1\)") as warned:
            frame = client_of(server).list_details([ASKED])
        assert warned[0].filename == __file__
        assert frame.attrs["misfits"] == {"workerFlavorName": 1, "workerVolumeSize": 1, "totalVmUptime": 1}
        assert frame.loc[0, ["masterCnt", "workerCnt"]].tolist() == [1, 3]

    def test_a_name_is_found_beside_rows_with_misfits(self):
        rows = [cluster_row(1, name=7), cluster_row(2, name="etl", workerCnt="x")]
        with WireServer(answer(page(*rows)), answer(cluster_row(2, name="etl"))) as server:
            assert client_of(server).find("etl").id == cluster_row(2)["id"]

    @pytest.mark.parametrize("field", ["createdAt", "runningAt"])
    @pytest.mark.parametrize("time", [-1, -253_402_214_400_000, 253_402_214_400_001, 2**63])
    def test_a_time_that_no_calendar_shows_is_missing(self, field, time):
        with (
            WireServer(answer(page(cluster_row(1, **{field: time})))) as server,
            pytest.warns(UserWarning, match=field),
        ):
            frame = client_at(server.url, timezone="Asia/Seoul").list_clusters()
        assert frame[field].isna().all()
        assert "cluster-001" in frame.to_string()

    @pytest.mark.parametrize("bad", [{"id": None}, {"id": 5}, {"id": ""}])
    def test_only_a_row_without_a_usable_id_fails_the_read(self, bad):
        with (
            WireServer(answer(page(cluster_row(1), cluster_row(2) | bad))) as server,
            pytest.raises(ApiError, match="no id"),
        ):
            client_of(server).list_clusters()

    def test_every_request_says_that_it_speaks_json(self):
        with WireServer(answer(page(cluster_row(1)))) as server:
            client_of(server).list_clusters()
        assert {request.headers["content-type"] for request in server.requests} == {"application/json"}
