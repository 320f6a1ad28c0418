"""The two ways to say no: a configuration that cannot be used, a request that is refused."""


class ConfigError(Exception):
    """The configuration has to be corrected by hand before the server can start."""


class Refused(Exception):
    """A request ends here; whoever sent it reads the status and the sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
