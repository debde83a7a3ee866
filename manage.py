#!/usr/bin/env python
"""Django's command line; `python manage.py help` lists the commands."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alliance.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- after the settings are named

    from alliance.acting import PROGRAM, act_as  # noqa: PLC0415 -- it reads the settings too

    act_as(PROGRAM)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
