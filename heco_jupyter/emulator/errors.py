"""The answers that are errors: a status, a code for programs, a message for people."""

from __future__ import annotations


class ProblemError(Exception):
    """A request the API refuses.

    Parameters
    ----------
    status
        The HTTP status to answer.
    code
        One word for programs, such as `InvalidRequest`.
    message
        Plain words for people. It never repeats a password or a credential.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(problems: list[str]) -> ProblemError:
    """Put everything that is wrong with a request into one 400."""
    return ProblemError(400, "InvalidRequest", "; ".join(problems))


def unknown_cluster(cluster_id: str, *, status: int = 404) -> ProblemError:
    """Say that there is no such cluster."""
    return ProblemError(status, "ClusterNotFound", f"There is no cluster {cluster_id[:100]}")
