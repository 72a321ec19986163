"""The bridge answers those who watch over it, and nobody else."""

import logging

import pytest
from fastapi.testclient import TestClient

from cozi_bridge.main import app

client = TestClient(app)


def test_health_says_that_the_process_answers() -> None:
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_interactive_pages_are_not_served(path: str) -> None:
    assert client.get(path).status_code == 404


def test_health_answers_reads_only() -> None:
    assert client.post("/health").status_code == 405


def test_requests_are_not_logged_because_their_addresses_name_people() -> None:
    assert not logging.getLogger("uvicorn.access").isEnabledFor(logging.INFO)
