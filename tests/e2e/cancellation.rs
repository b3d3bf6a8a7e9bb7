//! What keeps a subscription from being cancelled (A5 to A10).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, kinds, open_account, vendor};

/// The blocker of A9, as a vendor reports it.
fn media_library() -> Value {
    json!({
        "detail": "The media library holds 61,204 files and folders.",
        "clears_by": "More than 50,000 cannot be emptied in one go: delete in smaller batches, or ask support.",
    })
}

async fn blocker(cloud: &Running, method: Method, code: &str, body: &Value) -> (u16, Value) {
    let path = format!("/v1/accounts/acme/cancellation-blockers/{code}");
    vendor(cloud, method, &path, body).await
}

/// Goal: the vendor sets and withdraws a blocker by its own name; to repeat either changes nothing;
/// each change is in the timeline; a wrong name or text names the field.
#[tokio::test]
async fn blockers_are_reported_and_cleared_by_name() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for _ in 0..2 {
        let (status, answer) =
            blocker(&cloud, Method::PUT, "media_library", &media_library()).await;
        assert_eq!((status, &answer["code"]), (200, &json!("media_library")), "{answer}");
        assert_eq!(answer["clears_by"], media_library()["clears_by"]);
    }
    for _ in 0..2 {
        let (status, _) = blocker(&cloud, Method::DELETE, "media_library", &Value::Null).await;
        assert_eq!(status, 204);
    }
    let expected =
        ["account.created", "cancellation_blocker.reported", "cancellation_blocker.cleared"];
    assert_eq!(kinds(&cloud, "acme").await, expected);

    for (code, body, field) in [
        ("Media", media_library(), "code"),
        ("unpaid_invoices", media_library(), "code"),
        ("media", json!({ "detail": " ", "clears_by": "x" }), "detail"),
        ("media", json!({ "detail": "x", "clears_by": "x".repeat(501) }), "clears_by"),
    ] {
        let (status, answer) = blocker(&cloud, Method::PUT, code, &body).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
}
