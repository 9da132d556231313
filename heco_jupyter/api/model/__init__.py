"""The API's words as values, and the decisions that need no I/O: fields, columns, status, cluster, plans, lookup."""
