"""What an action answers when a rule of the practice says no. Whether somebody may ask at all, `access` decides."""


class Refused(ValueError):
    """A rule of the practice says no; the text is a sentence for the person who asked."""
