"""The exception by which an action says no; `access` says who may act at all."""


class Refused(ValueError):
    """A rule of the practice says no, in a sentence for the person who acts."""
