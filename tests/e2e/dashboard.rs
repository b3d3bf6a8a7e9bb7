//! The dashboard through the gateway, as a browser without script sees it: links followed, forms
//! filled in with the fields that they have, cookies kept.

mod credits;
mod invoices;
mod pages;
mod payments;
mod plan;
mod roles;
mod sessions;
mod settings;
mod staff;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use local::Running;
use serde_json::{Value, json};

use crate::world::vendor;

/// A browser: cookies, and the page that it shows.
pub(crate) struct Browser<'a> {
    cloud: &'a Running,
    cookies: BTreeMap<String, String>,
}

/// An answer as the browser has it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    location: String,
    headers: http::HeaderMap,
    pub(crate) text: String,
}

impl<'a> Browser<'a> {
    fn new(cloud: &'a Running) -> Self {
        Self { cloud, cookies: BTreeMap::new() }
    }

    /// A browser in which a member of an account is signed in.
    pub(crate) async fn signed_in(cloud: &'a Running, account: &str, member: &str) -> Self {
        let mut browser = Self::new(cloud);
        let url = link(cloud, account, &json!({ "member_id": member })).await;
        let entered = browser.post(&path(&url), "").await;
        assert_eq!(entered.status, 303, "{}", entered.text);
        browser
    }

    async fn send(&mut self, request: Request<Bytes>) -> Shown {
        let response = Box::pin(self.cloud.send(request)).await;
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value);
            }
        }
        shown(&response)
    }

    fn request(&self, method: Method, path: &str, body: &str) -> Request<Bytes> {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = cookies.collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:3000")
            .header("cookie", cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body.to_owned()))
            .unwrap()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Shown {
        let request = self.request(Method::GET, path, "");
        self.send(request).await
    }

    /// A page that must open.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let shown = self.get(path).await;
        assert_eq!(shown.status, 200, "GET {path}: {}", shown.text);
        shown.text
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Shown {
        let request = self.request(Method::POST, path, body);
        self.send(request).await
    }

    /// Sends the form of a page that leads to `action`, with the hidden fields that it has, and
    /// others as they are typed.
    pub(crate) async fn submit(
        &mut self,
        page: &str,
        action: &str,
        typed: &[(&str, &str)],
    ) -> Shown {
        let html = self.page(page).await;
        let body = filled(&html, action, typed);
        self.post(action, &body).await
    }
}

/// Body of the first form of a page that leads to `action`.
pub(crate) fn filled(html: &str, action: &str, typed: &[(&str, &str)]) -> String {
    let begin = format!("action=\"{action}\"");
    let form = html.split("<form").find(|form| form.contains(&begin));
    let form = form.unwrap_or_else(|| panic!("no form leads to {action}: {html}"));
    let form = form.split("</form>").next().unwrap();
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for input in form.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap();
        if tag.contains("type=\"checkbox\"") && !tag.contains(" checked") {
            continue;
        }
        if let Some(name) = attribute(tag, "name") {
            fields.insert(name, attribute(tag, "value").unwrap_or_default());
        }
    }
    for (name, value) in typed {
        fields.insert((*name).to_owned(), (*value).to_owned());
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

fn shown(response: &Response<Bytes>) -> Shown {
    let location = response.headers().get("location");
    Shown {
        status: response.status().as_u16(),
        location: location.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default(),
        headers: response.headers().clone(),
        text: String::from_utf8(response.body().to_vec()).unwrap(),
    }
}

/// Path and query of an address.
fn path(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or_else(String::new, |at| rest[at..].to_owned())
}

/// The address of a link for a member.
async fn link(cloud: &Running, account: &str, body: &Value) -> String {
    let route = format!("/v1/accounts/{account}/dashboard-sessions");
    let (status, answer) = vendor(cloud, Method::POST, &route, body).await;
    assert_eq!(status, 201, "{answer}");
    answer["url"].as_str().unwrap().to_owned()
}

/// Adds a member with a role.
async fn member(cloud: &Running, account: &str, (id, role): (&str, &str)) {
    let route = format!("/v1/accounts/{account}/members/{id}");
    let body = json!({ "email": format!("{id}@{account}.example"), "role": role });
    let (status, answer) = vendor(cloud, Method::PUT, &route, &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// A cloud whose Stripe has the catalog, with the account `acme` and a member of each role.
async fn company() -> Running {
    with_people(crate::subscription::shop().await).await
}

/// The same, with three seats of Team and a card that pays.
pub(crate) async fn on_team() -> Running {
    with_people(crate::subscription::subscribed("team", "month", 3).await).await
}

async fn with_people(cloud: Running) -> Running {
    for it in [("ada", "account_administrator"), ("finn", "finance"), ("mia", "member")] {
        member(&cloud, "acme", it).await;
    }
    cloud
}

/// Lets so many seconds pass.
async fn later(cloud: &Running, seconds: i64) {
    let then = cloud.clock().now().plus_seconds(seconds);
    cloud.clock().advance_to(then).await;
}
