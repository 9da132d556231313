"""The magics: their options, and the way from a typed line to a result or a short error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from traitlets import Bool, Float, Int, TraitError, Unicode, observe, validate

from heco_jupyter.api.display.masking import Hidden, mask
from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import CommandError, HecoError
from heco_jupyter.commands.arguments import command_named, parse, wants_help
from heco_jupyter.commands.catalog import CREATE
from heco_jupyter.commands.help import explain, overview
from heco_jupyter.commands.line import Scope, expanded, scan
from heco_jupyter.magics.tables import TableFormatter

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Bunch
    from traitlets.config import Config

    from heco_jupyter.commands.catalog import Command
    from heco_jupyter.commands.line import Word

_REPORT = "%config HecoMagics.tracebacks = True shows where: please report it"
_SETTINGS = ("timezone", "page_size", "max_connections", "timeout", "language")


class StoppedError(HecoError):
    """The user interrupted a command."""


class OptionError(BaseException):
    """An option was refused. Not an `Exception`: `%config` only logs those, and the cell goes on."""

    def _render_traceback_(self) -> list[str]:
        problem = CommandError(str(self), hint="the old value stays; %config HecoMagics shows all options and values")
        first, *rest = problem.lines()
        return [f"{type(self).__name__}: {first}", *rest]


@magics_class
class HecoMagics(Magics):
    """See and control KakaoCloud Hadoop Eco clusters."""

    timezone = Unicode("UTC", help="Time zone of all times, such as Asia/Seoul; once set, not the profile's.").tag(
        config=True
    )
    page_size = Int(1000, min=1, help="Rows asked for per page of a list.").tag(config=True)
    max_connections = Int(32, min=1, max=64, help="Most requests in flight at once.").tag(config=True)
    timeout = Float(30.0, help="Seconds for one request; a list may take ten times that.").tag(config=True)
    confirm = Bool(True, help="Ask before deleting, removing workers or exceeding ask_above.").tag(config=True)  # noqa: FBT003
    ask_above = Int(50, min=0, help="Ask before a scale to more nodes than this.").tag(config=True)
    language = Unicode("en", help="Language of the panel, reports and charts: en or ko.").tag(config=True)
    prices = Unicode("", help="CSV file with flavorName and pricePerHour, to price scales and the fleet.").tag(
        config=True
    )
    tracebacks = Bool(False, help="Show the whole traceback of an error, without values.").tag(config=True)  # noqa: FBT003

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.tables = TableFormatter(shell)
        # Traits report only changes, and what an earlier instance has set is still in force.
        settings = {name: getattr(self, name) for name in (*_SETTINGS, "prices")}
        for name in {"timezone", "language"} - {*self.config.get("HecoMagics", ())}:
            settings[name] = None  # not chosen: the profile's counts
        self._apply(**settings)
        HecoError.show_traceback = self.tracebacks

    @no_var_expand
    @needs_local_scope
    @line_magic
    def heco(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
        """See and control KakaoCloud Hadoop Eco clusters.

        `%heco` lists the commands, `%heco COMMAND --help` explains one.

        Example
        -------
        ::

            %heco connect --local
            df = %heco list --active --sort workerCnt,desc
        """
        scope = Scope(self.shell.user_ns, local_ns)  # type: ignore[union-attr]
        del local_ns  # a traceback can show arguments, and this one holds all that the notebook does
        first = line.split(maxsplit=1)[:1]
        try:
            words = self._words(line, scope)
            first = [word.text for word in words[:1]]
            return self._heco(words)
        except HecoError:
            if first in (["connect"], ["login"]):
                from heco_jupyter.api.connection import forget  # noqa: PLC0415

                forget()  # a wrong flag, too, means that no command may go where it went before
            raise

    def _words(self, line: str, scope: Scope) -> list[Word]:
        """Return the words of a line, with the values of what is named in braces and after dollars."""
        try:
            return expanded(scan(line), scope)
        except KeyboardInterrupt:
            pass
        raise StoppedError("stopped: the line was interrupted")

    def _heco(self, words: Sequence[Word]) -> Any:
        if not words or words[0].typed in ("-h", "--help", "help"):
            print(overview() if len(words) < 2 else explain(command_named(words[1].text)))  # noqa: PLR2004, T201
            return None
        command = command_named(words[0].text)
        if wants_help(words[1:]):
            print(explain(command))  # noqa: T201 (help is read as printed)
            return None
        options = parse(command, words[1:])
        return self._run(command, options)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def heco_create(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
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
        scope = Scope(self.shell.user_ns, local_ns)  # type: ignore[union-attr]
        del local_ns
        words = self._words(line, scope)
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
            context = NotebookContext(self.shell, self.confirm, self.ask_above, self.prices)  # type: ignore[arg-type]
            return run(command, context, options)
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

    @validate("prices")
    def _check_prices(self, proposal: Bunch) -> str:
        if not proposal.value:
            return ""
        from heco_jupyter.api.model.paths import local_path  # noqa: PLC0415
        from heco_jupyter.fleet.prices import read_prices  # noqa: PLC0415

        try:
            path = local_path(proposal.value, "prices").absolute()
            read_prices(path)
        except HecoError as error:
            raise TraitError(str(error)) from None
        return str(path)

    @observe(*_SETTINGS, "prices")
    def _configure(self, change: Bunch) -> None:
        self._apply(**{change.name: change.new})

    @staticmethod
    def _apply(**options: Any) -> None:
        from heco_jupyter.api.connection import configure  # noqa: PLC0415

        configure(**options)

    @observe("tracebacks")
    def _show_tracebacks(self, change: Bunch) -> None:
        HecoError.show_traceback = change.new

    def update_config(self, config: Config) -> None:
        """Take options from `%config`; one that is refused fails the cell."""
        options = self.trait_names(config=True)
        for name in config.get("HecoMagics", ()):
            if name not in options:
                raise OptionError(f"HecoMagics has no option {plain(name, 40)}{did_you_mean(name, options)}")
        try:
            super().update_config(config)
        except TraitError as error:
            raise OptionError(str(error)) from None
        if "timezone" in config.get("HecoMagics", ()):
            self._apply(timezone=self.timezone)  # UTC, too, is a choice, though it is no change
