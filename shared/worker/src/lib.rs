//! Workers: batches of messages and walks through the index, in one shape for every function that a queue or a schedule starts.
