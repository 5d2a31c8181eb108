"""From the words typed to a command, or to the nearest right one. Pure; needs only the registry's data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ec2kit.cli.registry import COMMANDS, SUGGESTED, SYNONYMS, Command
from ec2kit.errors import UsageError


def find(args: Sequence[str], commands: Sequence[Command] = COMMANDS) -> tuple[Command, list[str]]:
    """Given the arguments, return the command of their longest beginning, and the rest.

    Raises `UsageError` whose hint is the command that was probably meant.
    """
    by_words = {command.words: command for command in commands}
    for length in (2, 1):
        command = by_words.get(tuple(args[:length]))
        if command is not None and len(args) >= length:
            if length == 1 and _mistyped(args, commands):
                break
            return command, list(args[length:])
    raise _unknown(args, commands)


def nouns(commands: Sequence[Command] = COMMANDS) -> dict[str, tuple[str, ...]]:
    """Each noun with its verbs, in the registry's order."""
    found: dict[str, tuple[str, ...]] = {}
    for command in commands:
        if len(command.words) == 2:
            noun, verb = command.words
            found[noun] = (*found.get(noun, ()), verb)
    return found


def _mistyped(args: Sequence[str], commands: Sequence[Command]) -> bool:
    """Whether what follows a command that is a noun too (`cost`, `history`) is nearly one of its verbs."""
    verbs = nouns(commands).get(args[0], ())
    return len(args) > 1 and not args[1].startswith("-") and bool(_close(args[1], verbs))


def _unknown(args: Sequence[str], commands: Sequence[Command]) -> UsageError:
    first = args[0]
    if first.startswith("-"):
        return UsageError(
            f"options come after the command, and '{first}' is before it", hint=_moved(args, commands)
        )
    verbs = nouns(commands).get(first)
    if verbs is not None and len(args) == 1:
        return UsageError(f"`ec2kit {first}` needs a verb", hint=f"one of: {', '.join(verbs)}")
    near = next(_nearest(args, commands), None)
    what = f"`ec2kit {first}` has no verb '{args[1]}'" if verbs else f"there is no command '{first}'"
    return UsageError(what, hint=f"did you mean `{near}`?" if near else "`ec2kit help` lists the commands")


def _moved(args: Sequence[str], commands: Sequence[Command]) -> str:
    words = [word for word in args if not word.startswith("-")]
    for start in range(len(words)):
        try:
            command, _ = find(words[start : start + 2], commands) if len(words) > start else (None, [])
        except UsageError:
            continue
        if command is not None:
            return f"write `{command.typed} … {args[0]}`"
    return "write `ec2kit COMMAND … --option`"


def _nearest(args: Sequence[str], commands: Sequence[Command]) -> Iterator[str]:
    """What was probably meant, most likely first."""
    known = {command.words for command in commands}
    first, rest = args[0], list(args[1:])
    verbs = nouns(commands)
    second = rest[0] if rest else ""
    if first in verbs:
        for verb in (*SYNONYMS.get(second, "").split(), *_close(second, verbs[first])):
            if (first, verb) in known:
                yield _line(first, verb, *rest[1:])
        if (first, SUGGESTED.get(first, "")) in known:
            yield _line(first, SUGGESTED[first], *rest)
        yield f"ec2kit help {first}"
        return
    if (second, first) in known:
        yield _line(second, first, *rest[1:])
    yield from _by_one_word(first, rest, known, verbs)


def _by_one_word(
    first: str, rest: list[str], known: set[tuple[str, ...]], verbs: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    single = [words[0] for words in known if len(words) == 1]
    singular = first.removesuffix("s")
    synonyms = SYNONYMS.get(first, SYNONYMS.get(singular, "")).split()
    options = [word for word in synonyms if word.startswith("--")]
    whose = [noun for noun, its in verbs.items() if first in its]
    for word in (*synonyms, singular, *whose, *_close(first, sorted({*single, *verbs}))):
        if word in options and len(options) == len(synonyms):
            yield _line(word)
        elif word in single:
            yield _line(word, *rest, *options)
        elif word in whose:
            yield _line(word, first, *rest)
        elif word in verbs:
            yield _line(word, *_with_verb(word, rest, verbs[word], listed=word != first and word == singular))
    if "show" in single and not rest and any(char.isdigit() or char == "-" for char in first):
        yield _line("show", first)


def _with_verb(noun: str, rest: list[str], its: tuple[str, ...], *, listed: bool) -> list[str]:
    """What follows a noun: its verb when one was typed, else the one that is most likely meant."""
    if rest and rest[0] in its:
        return rest
    suggested = SUGGESTED.get(noun, "")
    if rest and not listed and suggested in its:
        return [suggested, *rest]
    return ["ls", *rest] if "ls" in its else ["--help"]


def _close(typed: str, words: Sequence[str]) -> list[str]:
    """Words that begin as what was typed, then those that are nearly spelled so."""
    begun = [word for word in words if len(typed) > 2 and word.startswith(typed)]
    return [*sorted(begun, key=len), *get_close_matches(typed, words, 1, cutoff=0.7)]


def _line(*words: str) -> str:
    from shlex import join

    return join(("ec2kit", *words))
