"""Commands in their order, cut into what the Runtime takes as one report."""

from .json_values import to_json

COMMANDS_MAX = 1_000
BYTES_MAX = 4 * 1024 * 1024
ENVELOPE_BYTES = 1_024


def in_reports(commands):
    reports, room = [[]], BYTES_MAX - ENVELOPE_BYTES
    for command in commands:
        size = len(to_json(command).encode()) + 2
        if reports[-1] and (len(reports[-1]) == COMMANDS_MAX or size > room):
            reports.append([])
            room = BYTES_MAX - ENVELOPE_BYTES
        reports[-1].append(command)
        room -= size
    return reports
