"""QR codes as part of the page.

The content security policy refuses images in `data:` addresses.
"""

import segno
from django.utils.safestring import SafeString


def qr_code(text):
    """An SVG, black on white in either theme, as scanners want it."""
    svg = segno.make(text, micro=False).svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True)
    return SafeString(svg)
