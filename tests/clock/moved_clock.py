"""Moves the clock of a Python process, and that of the SQLite in it."""

import sqlite3.dbapi2
import time

import time_machine

SHIFT = "TEST_CLOCK_SHIFT"  # in the environment: the seconds by which the clock of a process differs from the real one
connect = sqlite3.dbapi2.connect
real_time = time_machine.escape_hatch.time.time
calculator = connect(":memory:", check_same_thread=False)


def move(seconds):
    """Moves this process by so many seconds; from there on its clock goes as always. By itself SQLite would read the
    clock of the machine, so each connection gets another function for it."""
    # A plain number: a datetime would set the time zone of the process too.
    time_machine.travel(time.time() + seconds).start()
    time.time()  # it goes from the first time that somebody asks

    def strftime(form, *when):
        """SQLite's function, with 'now' on the moved clock. A test that travels from there leaves the database behind,
        as it does on the real day."""
        if when[0].lower() == "now":
            when = repr(real_time() + seconds), "unixepoch", *when[1:]
        return calculator.execute(f"SELECT STRFTIME(?{', ?' * len(when)})", [form, *when]).fetchone()[0]

    def connect_moved(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.create_function("strftime", -1, strftime)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect_moved
