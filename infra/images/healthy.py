"""Check the health of one part of Airflow through its api-server, with light imports only.

`python -m infra.images.healthy scheduler`; exit status 0 if the part is healthy.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request


def main() -> int:
    """Read the part's state from the api-server and print it."""
    part = sys.argv[1].replace("-", "_")
    base = os.environ.get("AIRFLOW_HEALTH_URL", "http://airflow-apiserver:8080")
    address = f"{base}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own host
            health = json.load(answer)
    except (OSError, ValueError) as error:
        print(f"no answer from {address}: {error}")
        return 1
    state = (health.get(part) or {}).get("status")
    print(f"{part}: {state}")
    return 0 if state == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
