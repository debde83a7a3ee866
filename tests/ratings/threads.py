"""Writers at the same time, each in a thread and a database connection of its own."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections


def at_once(*writes):
    """Runs each in a thread and connection of its own; an error of any of them is raised here."""

    def run(write):
        try:
            return write()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(writes)) as pool:
        return [found.result(timeout=30) for found in [pool.submit(run, write) for write in writes]]
