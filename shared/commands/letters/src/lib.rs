//! Use cases of dead letters: each is taken from the queue into the table, listed for staff, and
//! redriven or dismissed by one of them (E10). Input value in, outcome value out, no HTTP.

pub mod collect;
pub mod end;
pub mod sources;
mod subject;
