"""The magics: their options, and the way from a typed line to a result or a short error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class
from traitlets import Bool, Float, Int, TraitError, Unicode, observe, validate

from heco_jupyter.api.display.masking import Hidden, mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError, HecoError
from heco_jupyter.commands.arguments import command_named, parse, split, wants_help
from heco_jupyter.commands.catalog import CREATE
from heco_jupyter.commands.help import explain, overview
from heco_jupyter.magics.tables import TableFormatter

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Bunch

    from heco_jupyter.commands.catalog import Command

_REPORT = "%config HecoMagics.tracebacks = True shows where: please report it"
_SETTINGS = ("timezone", "page_size", "max_connections", "timeout")


class StoppedError(HecoError):
    """The user interrupted a command."""


@magics_class
class HecoMagics(Magics):
    """See and control KakaoCloud Hadoop Eco clusters."""

    timezone = Unicode("UTC", help="Time zone of all times shown, such as Asia/Seoul.").tag(config=True)
    page_size = Int(1000, min=1, help="Rows asked for per page of a list.").tag(config=True)
    max_connections = Int(8, min=1, max=64, help="Most requests in flight at once.").tag(config=True)
    timeout = Float(30.0, help="Seconds for one request; a list may take ten times that.").tag(config=True)
    confirm = Bool(True, help="Ask before deleting a cluster or removing workers.").tag(config=True)  # noqa: FBT003
    tracebacks = Bool(False, help="Show the whole traceback of an error, without values.").tag(config=True)  # noqa: FBT003

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.tables = TableFormatter(shell)

    @line_magic
    def heco(self, line: str) -> Any:
        """See and control KakaoCloud Hadoop Eco clusters.

        `%heco` lists the commands, `%heco COMMAND --help` explains one.

        Example
        -------
        ::

            %heco connect --local
            df = %heco list --active --sort workerCnt,desc
        """
        try:
            return self._heco(line)
        except HecoError:
            if line.split(maxsplit=1)[:1] in (["connect"], ["login"]):
                from heco_jupyter.api.connection import forget  # noqa: PLC0415

                forget()  # a wrong flag, too, means that no command may go where it went before
            raise

    def _heco(self, line: str) -> Any:
        words = split(line.rstrip().removesuffix(";"))
        if not words or words[0] in ("-h", "--help", "help"):
            print(overview() if len(words) < 2 else explain(command_named(words[1])))  # noqa: PLR2004, T201
            return None
        command = command_named(words[0])
        if wants_help(words[1:]):
            print(explain(command))  # noqa: T201 (help is read as printed)
            return None
        options = parse(command, words[1:])
        return self._run(command, options)

    @line_cell_magic
    def heco_create(self, line: str, cell: str | None = None) -> Any:
        """Create a cluster from the YAML or JSON in the cell.

        `%%heco_create [NAME] [--dry-run] [--wait] [--timeout T] [--allow-unknown]`

        Keys are the API's fields; `%heco template` puts a filled-in cell below.

        Example
        -------
        ::

            %%heco_create etl --wait
            name: etl-nightly
            clusterType: hadoop
            clusterVersion: hde-2.0.1
            isHa: false
            masterFlavorName: m2a.xlarge
            masterVolumeSize: 50
            workerFlavorName: m2a.xlarge
            workerVolumeSize: 100
            workerCnt: 3
            monitoring: true
            keypairName: my-keypair
            vpcId: 3ebb3020-d416-f1a4-534c-d3ad0fa1bec0
            subnetId: 5c1632bf-a7da-fdbf-a594-e6a7bedb328c
            securityGroupName: etl-nightly
            adminInfo: {userId: admin, userPw: !secret HUE_PASSWORD}
            config: {hdfsReplication: 3, hdfsBlockSize: 128}
        """
        words = split(line)
        if wants_help(words):
            print(explain(CREATE))  # noqa: T201 (help is read as printed)
            return None
        if cell is None:
            raise CommandError(
                "%%heco_create has two percent signs, and the spec in the lines below it",
                hint="%heco template puts a filled-in cell below; %heco create FILE takes a file",
            )
        cell = Hidden(cell)  # a traceback can show arguments, and this one may hold a password
        options = parse(CREATE, words)
        options.body = cell
        return self._run(CREATE, options)

    def _run(self, command: Command, options: Namespace) -> Any:
        # These bring what only a command needs, so not before one is run.
        from heco_jupyter.commands.run import run  # noqa: PLC0415
        from heco_jupyter.magics.context import NotebookContext  # noqa: PLC0415

        try:
            return run(command, NotebookContext(self.shell, self.confirm), options)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            pass
        except HecoError:
            raise
        except Exception as error:  # IPython's traceback would show the cell, and what each frame holds
            words = plain(mask(f"{type(error).__name__}: {error}"), 200)
            raise HecoError(f"{command.typed} failed unexpectedly: {words}", hint=_REPORT) from error
        raise StoppedError(f"stopped: {command.typed} was interrupted")

    @validate(*_SETTINGS)
    def _check(self, proposal: Bunch) -> Any:
        from heco_jupyter.api.model.settings import Settings  # noqa: PLC0415

        try:
            Settings(**{proposal.trait.name: proposal.value})
        except HecoError as error:
            raise TraitError(str(error)) from None
        return proposal.value

    @observe(*_SETTINGS)
    def _configure(self, change: Bunch) -> None:
        from heco_jupyter.api.connection import configure  # noqa: PLC0415

        configure(**{change.name: change.new})

    @observe("tracebacks")
    def _show_tracebacks(self, change: Bunch) -> None:
        HecoError.show_traceback = change.new
