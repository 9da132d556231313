"""The tree of errors, by its public name.

`HecoError` is the root. `ApiError`, with its HTTP status in `.status`, is for whatever the API answered;
`TransportError` for a request that got no answer; `UncertainError` for a write that may or may not have been done; the
others for mistakes that are found before anything is sent. In a notebook an error shows as a short block: what failed,
what the API said, what to do.

Examples
--------
>>> import heco_jupyter
>>> from heco_jupyter.errors import ApiError, NotFoundError
>>> issubclass(NotFoundError, ApiError)
True
>>> try:
...     heco_jupyter.connect(local=True).get_cluster("no-such-id")
... except NotFoundError as error:
...     print(error.status)
404
"""

from heco_jupyter.api.model.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    CommandError,
    ConflictError,
    CredentialsError,
    ForbiddenError,
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    SpecError,
    TransportError,
    UncertainError,
    UnknownClusterError,
    WaitFailedError,
    WaitTimeoutError,
)

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BadRequestError",
    "CommandError",
    "ConflictError",
    "CredentialsError",
    "ForbiddenError",
    "HecoError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "SpecError",
    "TransportError",
    "UncertainError",
    "UnknownClusterError",
    "WaitFailedError",
    "WaitTimeoutError",
]
