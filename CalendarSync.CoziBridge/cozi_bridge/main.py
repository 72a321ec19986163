"""The bridge's HTTP surface."""

from fastapi import FastAPI, Response
from pydantic import BaseModel

from cozi_bridge import logs


class Health(BaseModel):
    """What the app host and the container engine ask for."""

    status: str


logs.configure()
# No interactive pages: nobody but CalendarSync talks to the bridge.
app = FastAPI(title="CalendarSync Cozi bridge", docs_url=None, redoc_url=None)


@app.get("/health", response_model=Health)
async def health(response: Response) -> Health:
    """The process answers. Whether Cozi does is told by each call to it, so its outage never restarts the bridge."""
    response.headers["Cache-Control"] = "no-store"
    return Health(status="healthy")
