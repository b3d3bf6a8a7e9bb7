//! Values of the HTTP contract, made from the outcomes of commands by pure functions.
