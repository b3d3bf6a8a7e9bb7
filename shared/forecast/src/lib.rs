//! The upcoming invoice of an account: what the running month comes to so far, for the API, alerts, parents and the dashboard.
