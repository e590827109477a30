"""Uses a client that was generated from the service's description: a sweep of two trials, from asking to the end."""

import json
import sys
import urllib.request

from phema_client import Client
from phema_client.api.ask_and_tell import ask, heartbeat, suggest, tell
from phema_client.api.sweeps import add
from phema_client.models import (
    HeartbeatRequest,
    MeasuredRequest,
    MeasurementRequest,
    MeasurementRequestMetrics,
    MeasurementsRequest,
    SuggestRequest,
    SweepAskRequest,
    TellRequest,
    TellRequestMetricsType0,
)


def sweep(url):
    body = {"evaluator": {"name": "mine", "type": "remote", "version": "1"}, "metric": "fid", "sigmaRel": [0.05, 0.1]}
    request = urllib.request.Request(
        f"{url}/api/v1/runs/demo/sweeps", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    return json.load(urllib.request.urlopen(request))["id"]


def main(url):
    client = Client(base_url=url)
    id = sweep(url)
    for value in (2.5, 2.6):
        loan = ask.sync(id, client=client, body=SweepAskRequest(client="generated", count=1, wait="1s")).trials[0]
        assert not heartbeat.sync(loan.lease, client=client, body=HeartbeatRequest(progress=0.5, log="half")).cancel
        metrics = TellRequestMetricsType0.from_dict({"fid": value})
        told = tell.sync(loan.lease, client=client, body=TellRequest(metrics=metrics))
        assert told.state == "done" and told.metrics["fid"] == value, told
    over = ask.sync_detailed(id, client=client, body=SweepAskRequest(client="generated"))
    assert over.status_code == 410, over
    valley = [MeasuredRequest(length=x, value=(x - 0.11) ** 2 + 2) for x in (0.05, 0.08, 0.11, 0.15, 0.2)]
    best = suggest.sync(client=client, body=SuggestRequest(points=valley, bounds=[0.02, 0.25])).optimum
    assert 0.08 < best.length < 0.14, best
    row = MeasurementRequest(sigma_rel=0.1, metrics=MeasurementRequestMetrics.from_dict({"fid": 2.0}))
    added = add.sync("demo", client=client, body=MeasurementsRequest(source="generated", measurements=[row]))
    assert added.added == 1, added
    print("a generated client asks, tells, measures and gets suggestions")


main(sys.argv[1])
