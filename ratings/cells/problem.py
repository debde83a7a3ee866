"""What is wrong with a file."""


class BadLine(Exception):
    """A line that cannot be read, with a sentence why."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.line = line
