//! The shape of requests: which parameters an operation knows, and of what type.
