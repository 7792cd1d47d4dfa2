"""Reads a folder of event files with TensorBoard's own reader: one JSON object, tag -> [[step, wall_time, value], ...]."""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
print(json.dumps({
    tag: [[e.step, e.wall_time, repr(e.value)] for e in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}))
