//! Flows through the whole product in both wirings, and its faults done on purpose; see `tests/`.
