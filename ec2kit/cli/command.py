"""A click command with our manners: help that ends in the exit codes, and errors in our words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from ec2kit.cli.boundary import unexpected
from ec2kit.cli.nothing import NothingSelected, end_with_nothing
from ec2kit.cli.output import OutputClosed
from ec2kit.cli.overview import exit_line
from ec2kit.errors import Ec2kitError, Exit, Interrupted, UsageError

if TYPE_CHECKING:
    from ec2kit.cli.context import Context

WIDTH = 100
"""Help pages are written for this width at most, so that they read alike everywhere."""


class KitCommand(click.Command):
    """Made by the decorators of `ec2kit.cli.options`."""

    exit_codes: str = ""
    """The page's last line when it is not the usual one (`check`)."""
    unsure: Exit | None = None
    """What every error ends with, where 1 and 2 are verdicts (`check`)."""

    def start(self, context: Context, args: list[str]) -> Exit:
        """Parse the arguments and run; raises `Ec2kitError`, and nothing of click's."""
        context.args = tuple(args)
        try:
            return self._start(context, args)
        except (Interrupted, OutputClosed):
            raise
        except Exception as error:
            if self.unsure is None:
                raise
            told = error if isinstance(error, Ec2kitError) else unexpected(error)
            told.exit_code = self.unsure
            raise told from error

    def _start(self, context: Context, args: list[str]) -> Exit:
        try:
            settings: dict[str, Any] = {"terminal_width": min(context.surroundings.width, WIDTH)}
            with self.make_context(context.entry.typed, list(args), obj=context, **settings) as ctx:
                self.invoke(ctx)
        except NothingSelected:
            return end_with_nothing(context, is_verdict=self.unsure is not None)
        except click.exceptions.Exit as ended:
            return Exit(ended.exit_code)
        except click.UsageError as error:
            raise self._in_our_words(error, context) from error
        return context.exit_code

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A bare `--sandbox` names the default one: it must not swallow the word after it."""
        end = args.index("--") if "--" in args else len(args)
        named = ["--sandbox=default" if word == "--sandbox" else word for word in args[:end]]
        return super().parse_args(ctx, named + args[end:])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:  # noqa: ARG002  click's signature
        """`-h` and `--help`, written to the command's own stdout."""
        if self._help_option is None:
            self._help_option = click.Option(
                ["-h", "--help"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show,
                help="this page",
            )
        return self._help_option

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes."""
        super().format_epilog(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(self.exit_codes or exit_line())

    def _in_our_words(self, error: click.UsageError, context: Context) -> UsageError:
        typed = context.entry.typed
        hint = f"`{typed} --help` lists what it takes"
        if isinstance(error, click.NoSuchOption):
            if error.option_name == "-n":
                return UsageError(
                    f"`-n` is always a count, and `{typed}` takes none",
                    hint="to see what would be done: --dry-run",
                )
            if error.option_name == "--force":
                hint = (
                    f"there is no such option in ec2kit: what overrides a rule names it, see `{typed} --help`"
                )
            elif error.option_name[1:2].isdigit():
                return UsageError(f"`{typed}` takes nothing below zero", hint=hint)
            elif near := _near(error.option_name, error.possibilities or ()):
                hint = f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
            return UsageError(f"`{typed}` has no option '{error.option_name}'", hint=hint)
        if isinstance(error, click.MissingParameter) and (line := _example(self)):
            hint = f"such as: {line}"
        message = " ".join(error.format_message().split()).removesuffix(".")
        return UsageError(f"`{typed}`: {message[:1].lower()}{message[1:]}", hint=hint)


def _near(typed: str, known: Iterable[str]) -> list[str]:
    """The options that are like the one typed. click counts the dashes too, which makes short ones all alike."""
    names = {name.lstrip("-"): name for name in known}
    return sorted(names[each] for each in get_close_matches(typed.lstrip("-"), names, 3, 0.6))


def _example(command: click.Command) -> str:
    """The first line of a help page that could be typed."""
    lines = map(str.strip, (command.help or "").splitlines())
    return next((line for line in lines if line.startswith("ec2kit ")), "")


def _show(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        context: Context | None = ctx.obj
        page = ctx.get_help() + "\n"
        if context is None:
            click.echo(page, nl=False)
        else:
            context.output.write([page])
        ctx.exit()
