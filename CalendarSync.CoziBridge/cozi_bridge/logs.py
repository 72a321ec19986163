"""One line per message, in the same shape as the .NET hosts."""

import logging
import logging.config
import time


class UtcFormatter(logging.Formatter):
    """Times in UTC, as everywhere in the system."""

    converter = time.gmtime


def configure() -> None:
    """Quietens the access log: its lines carry addresses, and probes would fill the screen."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": UtcFormatter,
                    "format": "%(asctime)s.%(msecs)03d %(levelname)s: %(name)s %(message)s",
                    "datefmt": "%H:%M:%S",
                }
            },
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": "INFO", "handlers": ["console"]},
            "loggers": {
                "uvicorn": {"level": "INFO", "handlers": ["console"], "propagate": False},
                "uvicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
                "uvicorn.access": {"level": "WARNING", "handlers": ["console"], "propagate": False},
            },
        }
    )
