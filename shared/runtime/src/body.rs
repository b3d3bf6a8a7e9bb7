//! The body of a request: JSON read into a type, with every fault named at once.
//!
//! A reading that goes on behind a fault puts a stand-in in the place of the wrong value, so that
//! what is read is used only if there was no fault. The words are ours: no text of the parser and
//! none of the caller's values is repeated, except the names of unknown fields, shortened.

mod reading;

use serde::de::{Deserialize, DeserializeOwned};
use serde_json::Value;

use crate::http::Request;
use crate::problem::{FieldProblem, Problem};

/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 65_536;
/// Most faults of one body that are named.
const FAULTS_MAX: usize = 100;
/// Field of a fault of the body as a whole.
const WHOLE: &str = "body";

/// The body of a request.
///
/// # Errors
/// 400 for what is no JSON, 413 for more than [`BODY_BYTES_MAX`], 422 with every field that is
/// missing, unknown or of another type.
pub fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let bytes =
        request.body.as_deref().ok_or_else(|| Problem::unreadable("The body is not base64."))?;
    if bytes.len() > BODY_BYTES_MAX {
        let detail = format!("A body may have {BODY_BYTES_MAX} bytes.");
        return Err(Problem::new(413, "body_too_large", detail));
    }
    read(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| unreadable(bytes, &error))?;
    if let Some(faults) = reading::faults::<T>(&value, FAULTS_MAX) {
        return Err(Problem::invalid(faults));
    }
    serde_json::from_slice(bytes).map_err(|_| given_twice())
}

/// The refusal of a body that cannot be read as that type, for whoever reads it without a copy.
pub fn refusal<'a, T: Deserialize<'a>>(value: &'a Value) -> Problem {
    let faults = reading::faults::<T>(value, FAULTS_MAX);
    faults.map_or_else(given_twice, Problem::invalid)
}

/// 422: without a fault in its values, a body is refused for a field that it has twice.
fn given_twice() -> Problem {
    let detail = "A field is given twice, or a value is not as expected.";
    Problem::invalid_field(FieldProblem::invalid(WHOLE, detail))
}

/// 400: the body is not JSON.
pub fn unreadable(bytes: &[u8], error: &serde_json::Error) -> Problem {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Problem::unreadable("The body is empty: a JSON object is expected.");
    }
    let (line, column) = (error.line(), error.column());
    let detail = format!("The body is not JSON, from line {line}, column {column} on.");
    Problem::unreadable(detail)
}

#[cfg(test)]
mod tests;
