//! Use cases of accounts: opening, billing details, members, keys and cancellation blockers. Input value in, outcome value out, no HTTP.
