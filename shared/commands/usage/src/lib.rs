//! Use cases of metered usage: counting batches and reading months. Input value in, outcome value out, no HTTP.
