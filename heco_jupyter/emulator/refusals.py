"""Refused requests: a status, a code for programs and a message for people."""

from __future__ import annotations


class RefusedError(Exception):
    """A request that the API refuses.

    Parameters
    ----------
    status
        The HTTP status of the response.
    code
        One word for programs, such as `InvalidRequest`.
    message
        The reason in plain words. It never repeats a password or a credential.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid_request(problems: list[str]) -> RefusedError:
    """Return a 400 that lists every problem of a request."""
    return RefusedError(400, "InvalidRequest", "; ".join(problems))


def unknown_cluster(cluster_id: str, *, status: int = 404) -> RefusedError:
    """Return the refusal for a cluster id that does not exist."""
    return RefusedError(status, "ClusterNotFound", f"There is no cluster {cluster_id[:100]}")
