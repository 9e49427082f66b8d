"""Why a card cannot be drawn: a template that says something unknown, or a value that a person must look at."""

from __future__ import annotations


class ArtworkError(ValueError):
    """Nothing was drawn. The message names the file or the field, never a citizen's value."""


class TemplateError(ArtworkError):
    """A template file says what this station does not know; `line` counts from 1, 0 is the whole file."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


class FieldError(ArtworkError):
    """A value of this record cannot go on the card as it is; the text is `artwork.<code>` in the language files."""

    code = "field_unusable"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class TooLong(FieldError):
    """Even at its smallest size, over all its lines, the value has no room: a person decides how to shorten it."""

    code = "too_long"

    def __init__(self, field: str) -> None:
        super().__init__(field, "does not fit at its smallest size on all its lines")


class FieldMissing(FieldError):
    code = "field_missing"

    def __init__(self, field: str) -> None:
        super().__init__(field, "is required and blank")


class LetterMissing(FieldError):
    """The font has no such letter; it would be printed as an empty box."""

    code = "letter_missing"

    def __init__(self, field: str) -> None:
        super().__init__(field, "holds a letter that the card's font does not have")


class BadPicture(FieldError):
    """A photo or signature that cannot be read as the picture it should be."""

    code = "bad_picture"


class PrinterUnfit(ArtworkError):
    """This printer cannot print this template: a panel is missing, or its bitmap is smaller than what is drawn."""
