"""The lowest versions that pyproject.toml allows, as constraints for pip: `python tests/floors.py EXTRA...`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[(?P<extras>[\w., -]+)\])?(?:>=(?P<floor>[\w.]+))?\s*(?P<marker>;.*)?")


def floors(project, extras):
    """Return `name==floor` for every dependency of the project and of these extras that has a floor."""
    own = project["name"]
    wanted, found = [own, *extras], {}
    for name in wanted:  # grows: an extra can ask for another one of this project
        requirements = project["dependencies"] if name == own else project["optional-dependencies"][name]
        for requirement in requirements:
            match = _REQUIREMENT.fullmatch(requirement)
            if match is None:
                raise SystemExit(f"{PYPROJECT.name}: {requirement!r} is not of the form name>=version")
            if match["name"] == own:
                wanted += [extra.strip() for extra in match["extras"].split(",") if extra.strip() not in wanted]
            elif match["floor"]:
                found[match["name"]] = f"{match['name']}=={match['floor']}{match['marker'] or ''}"
    return list(found.values())


if __name__ == "__main__":
    print("\n".join(floors(tomllib.loads(PYPROJECT.read_text("utf-8"))["project"], sys.argv[1:])))
