//! Transactions without the SDK's token.
//!
//! The SDK puts a fresh random `ClientRequestToken` into each `TransactWriteItems`, for its own
//! retries. Those are off (see `runtime::host`), so no token is ever sent twice and none says
//! anything. The embedded table keeps each for ten minutes and looks through all of them at every
//! transaction: with some ten thousand transactions that is half of what local mode does, and it
//! grows with the square.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::request::Parts;

use super::operation::Operation;

/// As the SDK writes it: not the first field of a request. Inside of a value its quotes would be
/// escaped.
const FIELD: &[u8] = b",\"ClientRequestToken\":\"";

/// The request's body, in a transaction without its token.
pub fn without(operation: &Operation, parts: &mut Parts, body: Bytes) -> Bytes {
    if operation.service != "DynamoDB" || operation.name != "TransactWriteItems" {
        return body;
    }
    let Some((before, after)) = around(&body) else { return body };
    // The client counts anew.
    parts.headers.remove(CONTENT_LENGTH);
    [before, after].concat().into()
}

fn around(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = body.windows(FIELD.len()).rposition(|window| window == FIELD)?;
    let (before, field) = body.split_at_checked(start)?;
    let value = field.get(FIELD.len()..)?;
    let end = value.iter().position(|byte| *byte == b'"')?;
    Some((before, value.get(end.checked_add(1)?..)?))
}

#[cfg(test)]
mod tests {
    use super::around;

    fn stripped(body: &str) -> Option<String> {
        let (before, after) = around(body.as_bytes())?;
        String::from_utf8([before, after].concat()).ok()
    }

    #[test]
    fn only_the_token_is_taken_out() {
        assert_eq!(
            stripped(r#"{"TransactItems":[{"Put":{}}],"ClientRequestToken":"0f-1"}"#).as_deref(),
            Some(r#"{"TransactItems":[{"Put":{}}]}"#)
        );
        assert_eq!(
            stripped(r#"{"TransactItems":[],"ClientRequestToken":"0f","Other":"kept"}"#).as_deref(),
            Some(r#"{"TransactItems":[],"Other":"kept"}"#)
        );
    }

    #[test]
    fn a_value_that_looks_like_one_stays() {
        let body = r#"{"TransactItems":[{"S":"x,\"ClientRequestToken\":\"0f\""}]}"#;
        assert_eq!(stripped(body), None);
    }
}
