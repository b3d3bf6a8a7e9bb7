//! Sessions: a link opens one, once; each belongs to one account and one member; all can be ended.

use http::Method;
use serde_json::{Value, json};

use super::{Browser, company, later, link, member, path};
use crate::world::{open_account, vendor};

const LINKS: &str = "/v1/accounts/acme/dashboard-sessions";

/// Goal: only the button of a link opens a session, once, and its cookie is the browser's alone.
#[tokio::test]
async fn a_link_opens_one_session() {
    let cloud = company().await;
    let mut browser = Browser::new(&cloud);
    let url = link(&cloud, "acme", &json!({ "member_id": "ada", "path": "plan" })).await;
    assert!(url.starts_with(&format!("{}/billing/sign-in/", cloud.gateway_url())), "{url}");

    // A mail scanner looks twice and presses nothing.
    for _ in 0..2 {
        let page = browser.page(&path(&url)).await;
        assert!(page.contains("Continue to billing"), "{page}");
    }
    let entered = browser.post(&path(&url), "").await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/billing/acme/plan"));
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-tollgate-acme=ada."), "{cookie}");
    for flag in ["Path=/", "Max-Age=43200", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(browser.page("/billing/acme/plan").await.contains("Compare and choose"));

    let again = Browser::new(&cloud).post(&path(&url), "").await;
    assert_eq!(again.status, 410);
    assert!(again.text.contains("This link was used before"), "{}", again.text);
    assert!(!again.headers.contains_key("set-cookie"));
}

/// Goal: a link that is five minutes old opens nothing, and neither does one that was never made.
#[tokio::test]
async fn a_link_expires() {
    let cloud = company().await;
    let url = link(&cloud, "acme", &json!({ "member_id": "ada" })).await;
    later(&cloud, 300).await;
    let late = Browser::new(&cloud).post(&path(&url), "").await;
    assert_eq!(late.status, 410);
    assert!(late.text.contains("has expired"), "{}", late.text);
    for unknown in ["0".repeat(64), "x".to_owned()] {
        let shown = Browser::new(&cloud).post(&format!("/billing/sign-in/{unknown}"), "").await;
        assert_eq!(shown.status, 410, "{unknown}");
    }
}

/// Goal: a session lasts twelve hours; without one a page leads to the vendor's page, and back to
/// itself.
#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    later(&cloud, 12 * 3_600 - 1).await;
    ada.page("/billing/acme").await;

    later(&cloud, 1).await;
    let over = ada.get("/billing/acme/usage?month=2026-11").await;
    assert_eq!(over.status, 401);
    let entry = "/_local/sign-in?account=acme&amp;next=usage%3Fmonth%3D2026-11";
    assert!(over.text.contains(entry), "{}", over.text);
}

/// Goal: a removed member is out at once, and one with another role has that role at once.
#[tokio::test]
async fn a_session_follows_its_member() {
    let cloud = company().await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    finn.page("/billing/acme/plan").await;

    member(&cloud, "acme", ("finn", "member")).await;
    assert_eq!(finn.get("/billing/acme/plan").await.status, 403);
    finn.page("/billing/acme").await;

    let route = "/v1/accounts/acme/members/finn";
    let (status, _) = vendor(&cloud, Method::DELETE, route, &Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(finn.get("/billing/acme").await.status, 401);
}

/// Goal: a session is of one account: its cookie opens no other, whichever name it is given.
#[tokio::test]
async fn a_session_is_of_one_account() {
    let cloud = company().await;
    open_account(&cloud, "birch").await;
    member(&cloud, "birch", ("ada", "account_administrator")).await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;

    assert_eq!(ada.get("/billing/birch").await.status, 401);
    let stolen = ada.cookies["__Host-tollgate-acme"].clone();
    ada.cookies.insert("__Host-tollgate-birch".to_owned(), stolen);
    assert_eq!(ada.get("/billing/birch").await.status, 401);
    assert_eq!(ada.get("/billing/nobody").await.status, 401, "as for an account that is not there");

    // Two accounts in two tabs.
    let url = link(&cloud, "birch", &json!({ "member_id": "ada" })).await;
    assert_eq!(ada.post(&path(&url), "").await.status, 303);
    ada.page("/billing/birch").await;
    ada.page("/billing/acme").await;
}

/// Goal: the vendor can end all sessions of an account at once, and its links with them.
#[tokio::test]
async fn all_sessions_end_together() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let unused = link(&cloud, "acme", &json!({ "member_id": "mia" })).await;

    let (status, _) = vendor(&cloud, Method::DELETE, LINKS, &Value::Null).await;
    assert_eq!(status, 204);

    assert_eq!(ada.get("/billing/acme").await.status, 401);
    assert_eq!(finn.get("/billing/acme").await.status, 401);
    assert_eq!(Browser::new(&cloud).post(&path(&unused), "").await.status, 410);
    // Who is signed in anew is in.
    Browser::signed_in(&cloud, "acme", "ada").await.page("/billing/acme").await;
}

/// Goal: signing out ends the session in the table, not only the cookie.
#[tokio::test]
async fn signing_out_ends_the_session() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let kept = ada.cookies.clone();
    let out = ada.submit("/billing/acme", "/billing/acme/sign-out", &[]).await;
    assert_eq!(out.status, 200);
    assert!(out.text.contains("You are signed out"), "{}", out.text);
    assert!(ada.cookies.is_empty());

    ada.cookies = kept;
    assert_eq!(ada.get("/billing/acme").await.status, 401);
}

/// Goal: a link is refused for who is no member, for paths that lead elsewhere, and for callers
/// other than the vendor.
#[tokio::test]
async fn links_are_refused() {
    let cloud = company().await;
    let made = async |body: Value| vendor(&cloud, Method::POST, LINKS, &body).await;
    for (body, field) in [
        (json!({ "member_id": "nobody" }), "member_id"),
        (json!({ "member_id": "a b" }), "member_id"),
        (json!({ "member_id": "ada", "path": "//evil.example" }), "path"),
        (json!({ "member_id": "ada", "return_url": "https://evil.example" }), "return_url"),
    ] {
        let (status, answer) = made(body.clone()).await;
        assert_eq!(status, 422, "{body}: {answer}");
        assert_eq!(answer["fields"][0]["field"], field, "{body}: {answer}");
    }
    let none = "/v1/accounts/nobody/dashboard-sessions";
    let (status, _) = vendor(&cloud, Method::POST, none, &json!({ "member_id": "ada" })).await;
    assert_eq!(status, 404);
    let staff = cloud.staff_key().to_owned();
    let body = json!({ "member_id": "ada" });
    let (status, _) = Box::pin(cloud.call(&staff, Method::POST, LINKS, &body)).await;
    assert_eq!(status, 403);
}

/// Goal: no page can be framed, kept, or made to load or send anything elsewhere.
#[tokio::test]
async fn pages_are_sealed() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let url = link(&cloud, "acme", &json!({ "member_id": "ada" })).await;
    for page in ["/billing/acme", "/billing/acme/credits", "/billing/other", &path(&url)] {
        let shown = ada.get(page).await;
        let header = |name: &str| shown.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let forms = format!("form-action 'self' {}", cloud.stripe_url());
        assert!(policy.contains(&forms), "{policy}");
        assert_eq!(header("cache-control"), "no-store", "{page}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert!(!shown.text.contains("<script") && !shown.text.contains(" style="), "{page}");
    }

    let page = ada.page("/billing/acme").await;
    let sheet = page.split("href=\"/billing-assets/").nth(1).unwrap().split('"').next().unwrap();
    let css = ada.get(&format!("/billing-assets/{sheet}")).await;
    assert_eq!(css.headers["cache-control"], "public, max-age=31536000, immutable");
    assert!(css.text.contains("--accent"), "{}", css.text);
    assert_eq!(ada.get("/billing-assets/dashboard.css").await.status, 404);
    assert!(page.len() + css.text.len() < 60_000, "{} and {}", page.len(), css.text.len());
}

/// Goal: a form without its one-time key, with another session's, or from a page of another site
/// does nothing.
#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let cloud = company().await;
    let mut ada = Browser::signed_in(&cloud, "acme", "ada").await;
    let mut finn = Browser::signed_in(&cloud, "acme", "finn").await;
    let action = "/billing/acme/settings/preferences";
    let page = finn.page("/billing/acme/settings").await;
    let of_finn = super::filled(&page, action, &[]);

    for body in ["invoices=on", "key=abc&invoices=on", &of_finn] {
        let refused = ada.post(action, body).await;
        assert_eq!(refused.status, 403, "{body}");
        assert!(refused.text.contains("Nothing was done"), "{}", refused.text);
    }
    let (_, member) =
        vendor(&cloud, Method::GET, "/v1/accounts/acme/members/ada", &Value::Null).await;
    assert_eq!(member["preferences"]["alerts"], true, "{member}");
}
