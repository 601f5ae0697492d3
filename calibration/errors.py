"""The one tree of errors.

RuborError                    anything Rubor refuses; its text is one plain sentence for people
├── UsageError                the command or a record was used wrongly (exit status 2)
│   ├── UnknownCard           no such card name
│   └── TreatmentError        treatment.toml missing or wrong            (analyzer.treatment)
└── InputError                the input could not be analysed (exit status 3); carries a Problem
    ├── UnreadablePhoto       not an image we can read whole
    ├── PhotoTooLarge         more pixels than we decode
    └── NothingToAnalyze      no such file or folder, no usable photograph
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calibration.problems import Problem


class RuborError(Exception):
    """Base of every error Rubor raises on purpose; ``str(error)`` is one plain sentence."""


class UsageError(RuborError):
    """The command, an option or a record was used wrongly."""


class UnknownCard(UsageError):
    """A card name that Rubor does not know."""


class InputError(RuborError):
    """The input cannot be analysed; ``problem`` says what is wrong and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class UnreadablePhoto(InputError):
    """Not an image that can be read whole."""


class PhotoTooLarge(InputError):
    """More pixels than Rubor is willing to decode."""


class NothingToAnalyze(InputError):
    """No such file or folder, or nothing usable in it."""


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Around the writing of ``path``: what goes wrong with the file is one plain sentence, a :class:`UsageError`."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from None


def shown(value: object, most: int = 60) -> str:
    """A value as it may stand in a sentence: one short quoted line."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # a whole number of thousands of digits has no repr
        text = "a very long number"
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return f'"{text[:most]}{"…" if len(text) > most else ""}"'
