"""A reward of your own: reads requests from standard input, a JSON object a line, and
answers each with a line on standard output. Standard error goes to the log of the run.

    reward:
      rewards:
        - {name: correct, verifier: exec, options: {command: [python3, docs/exec_reward.py], workers: 2}}
        - {verifier: repetition, weight: 0.5}
"""

import json
import sys


def judge(completion, answers):
    """The last word of the completion is one of the answers."""
    words = completion.lower().split()
    if not words:
        return 0.0, "no_answer"
    said = words[-1].strip(".,;:!?")
    return (1.0, "match") if said in (a.lower() for a in answers) else (0.0, "mismatch")


for line in sys.stdin:
    request = json.loads(line)  # id, completion, answers, example (the whole problem)
    score, reason = judge(request["completion"], request["answers"])
    reply = {"id": request["id"], "score": score, "reason": reason}
    print(json.dumps(reply), flush=True)
