"""The package's version; a module of its own, so that anything may know it."""

__version__ = "0.1.0"
