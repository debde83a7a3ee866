"""Something that is done at the same moment, by a connection of its own."""

from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep

from django.db import connection, connections

from alliance.models import Episode

NEEDED = ("client__practice", "client__data_key", "therapist__user")


def fresh(episode):
    """The case as a page would read it now."""
    return Episode.objects.select_related(*NEEDED).get(pk=episode.pk)


class AtOnce:
    """`start` begins it, and comes back once it waits for a lock, or is done; `result` is what came of it."""

    def __enter__(self):
        self.pool, self.future = ThreadPoolExecutor(1), Future()
        return self

    def __exit__(self, *_fault):
        self.pool.submit(connections.close_all).result()
        self.pool.shutdown()

    def start(self, deed):
        before = _number_waiting()
        self.future = self.pool.submit(deed)
        while not self.future.done() and _number_waiting() == before:
            sleep(0.02)

    def result(self):
        return self.future.result(timeout=30)


def _number_waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
