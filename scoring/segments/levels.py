"""Name the ids of segments, for the light declaration of the job and for the model."""

#: In the order of their indexes; no fit has more segments.
LEVELS = tuple(f"s{number}" for number in range(1, 9))
