//! A small world for unit tests: an engine, a time that moves, and requests as callers send them.

use std::borrow::Cow;

use billing::time::Timestamp;
use http::Method;
use serde_json::Value;

use crate::engine::{Asked, Engine};
use crate::events::Event;
use crate::settings::Settings;
use crate::stripe::Stripe;

/// 2026-11-22T09:00:00Z.
pub const NOW: Timestamp = Timestamp(1_795_338_000);

pub struct World {
    pub engine: Engine,
    pub now: Timestamp,
}

impl World {
    pub fn new() -> Self {
        Self { engine: Engine::new(Stripe::new(Settings::default(), 1, NOW)), now: NOW }
    }

    pub fn send(&mut self, method: Method, path: &str, form: &str) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let asked = Asked {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            body: form.as_bytes().to_vec(),
            key: Some("sk_test_1234567890".to_owned()),
            host: "http://127.0.0.1:3001".to_owned(),
            ..Asked::default()
        };
        let answer = self.engine.request(&asked, self.now);
        (answer.status, answer.body)
    }

    #[track_caller]
    fn well(&mut self, method: &Method, path: &str, form: &str) -> Value {
        let (status, body) = self.send(method.clone(), path, form);
        assert_eq!(status, 200, "{method} {path} {form}: {body:#}");
        body
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, form: &str) -> Value {
        self.well(&Method::POST, path, form)
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Value {
        self.well(&Method::GET, path, "")
    }

    #[track_caller]
    pub fn delete(&mut self, path: &str) -> Value {
        self.well(&Method::DELETE, path, "")
    }

    /// The error object of a POST that is refused, and its status.
    #[track_caller]
    pub fn refused(&mut self, path: &str, form: &str) -> (u16, Value) {
        let (status, body) = self.send(Method::POST, path, form);
        assert!(status >= 400, "POST {path} {form} was not refused: {body:#}");
        (status, body["error"].clone())
    }

    /// Time goes on, and what falls due happens: in an account that was kept and read again, of
    /// which nothing is lost.
    #[track_caller]
    pub fn advance(&mut self, seconds: i64) {
        let kept = serde_json::to_string(&self.engine).unwrap();
        self.engine = serde_json::from_str(&kept).unwrap();
        assert_eq!(serde_json::to_string(&self.engine).unwrap(), kept);
        self.now = self.now.plus_seconds(seconds);
        self.engine.stripe.run_due(self.now);
    }

    /// The types of all events, oldest first.
    pub fn events(&self) -> Vec<&'static str> {
        self.engine.stripe.events.iter().map(kind).collect()
    }
}

/// The id of an object.
#[track_caller]
pub fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

/// The type of an event, for as long as tests run.
pub fn kind(event: &Event) -> &'static str {
    match &event.kind {
        Cow::Borrowed(kind) => kind,
        Cow::Owned(kind) => kind.clone().leak(),
    }
}
