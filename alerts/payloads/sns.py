"""Amazon SNS: an envelope around the message of somebody else, most often a CloudWatch alarm. Pure."""

import json
from dataclasses import replace

from alerts.payloads.alert import Malformed
from alerts.payloads.reading import Reading, read_json

ENVELOPE = "Message"


def unfolded(reading: Reading) -> Reading:
    """The envelope with its message as JSON where it is some; a raw message gets an envelope."""
    body = reading.value
    if not isinstance(body, dict):
        return reading
    if "TopicArn" not in body:  # "raw message delivery" is switched on
        return replace(reading, value={ENVELOPE: body})
    message = body.get(ENVELOPE)
    if not isinstance(message, str) or message.lstrip()[:1] not in ("{", "["):
        return reading
    marks = dict.fromkeys(reading.marks)
    try:
        inner = read_json(message, marks)
    except (json.JSONDecodeError, Malformed):
        return reading
    return replace(reading, value={**body, ENVELOPE: inner}, marks=tuple(marks))
