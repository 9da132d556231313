"""Create specs: read from YAML or JSON, checked against the API's rules, encoded for the wire, made from a cluster."""
