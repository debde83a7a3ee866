"""What comes before Django: forms are UTF-8, whatever they are called."""

import re

CHARSET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)


def forms_without_charset(application):
    """The application, told of no charset: under some names Django fails to read an address, before any middleware."""

    def without(environ, start_response):
        environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
        return application(environ, start_response)

    return without
