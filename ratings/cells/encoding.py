"""The text of a file, in whichever encoding a spreadsheet has saved it."""

import codecs

from django.utils.translation import gettext as _

from ratings.cells.problem import BadLine

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods are archives, .xls is a compound file


def encoding_of(start: bytes) -> str:
    """The name of a file's encoding, by its first four bytes.

    Raises
    ------
    BadLine
        It is a workbook, and no text.
    """
    if start.startswith(WORKBOOKS):
        raise BadLine(_("This is a workbook. Open it, choose “Save as”, then “CSV UTF-8”, and take that file."))
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) > 1 and (start[0] == 0) != (start[1] == 0):  # a plain letter in UTF-16 without a mark before it
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def decoded(data: bytes) -> str:
    """The text of a whole file.

    Raises
    ------
    BadLine
        It is a workbook, or its bytes are no text from the named line on.
    """
    encoding = encoding_of(data[:4])
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"?").splitlines())
        raise BadLine(_("The file is not UTF-8 from here on. Save it as “CSV UTF-8”."), line) from None
