"""The related rows that a page about an episode or one of its rows reads."""

EPISODE_NEEDS = ("client__data_key", "client__practice", "therapist__practice")  # by every page of a case
OF_EPISODE = tuple(f"episode__{path}" for path in EPISODE_NEEDS)
