"""One request to the API: its transport, sockets, deadline, retries and throttle."""
