"""The Hadoop Eco Open API as Python: a client, typed frames, checked specs. Imports nothing of Jupyter."""
