//! Use cases of plans and subscriptions, for customers and staff: preview, change, cancel, resume, negotiated plans. Input value in, outcome value out, no HTTP.
