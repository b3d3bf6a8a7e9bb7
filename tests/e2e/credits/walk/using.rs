//! What the vendor's product asks for: deductions, reservations, packs, settings.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::History;
use crate::credits::PATH;

/// Most tokens of one deduction.
const TOKENS_MAX: i64 = 900_000;

impl History {
    fn tokens(&self) -> i64 {
        // Small ones use up what is included; large ones cross thresholds.
        1 + if self.below(3) == 0 { self.below(400) } else { self.below(TOKENS_MAX) }
    }

    pub(super) async fn deduct(&mut self) {
        let (key, tokens) = (self.draw("job"), self.tokens());
        self.deductions.insert(key.clone(), (tokens, None));
        self.take(&key).await;
    }

    /// One that was sent before is sent again: it took once, and is answered the same.
    pub(super) async fn deduct_again(&mut self) {
        let keys: Vec<_> = self.deductions.keys().cloned().collect();
        if let Some(key) = self.one_of(&keys).cloned() {
            self.take(&key).await;
        }
    }

    fn wish(&self, key: &str) -> Value {
        json!({ "tokens": self.deductions[key].0, "reason": key })
    }

    async fn take(&mut self, key: &str) {
        let body = self.wish(key);
        let path = format!("{PATH}/deductions");
        let (status, answer) = self.ask(Method::POST, &path, Some(key), &body).await;
        self.took(key, status, &answer);
    }

    fn took(&mut self, key: &str, status: u16, answer: &Value) {
        let known = &mut self.deductions.get_mut(key).unwrap().1;
        match (status, &known) {
            (201, None) => *known = Some(answer.clone()),
            (201, Some(known)) => assert_eq!(known, answer, "{key} was answered otherwise before"),
            (402, None) | (0 | 500.., _) => {}
            other => panic!("{key}: {other:?}: {answer}"),
        }
    }

    /// Several at once, some of them twice.
    pub(super) async fn deduct_together(&mut self) {
        let mut keys = Vec::new();
        for _ in 0..2 + self.below(4) {
            let (key, tokens) = (self.draw("job"), self.tokens());
            self.deductions.insert(key.clone(), (tokens, None));
            keys.push(key.clone());
            if self.below(3) == 0 {
                keys.push(key);
            }
        }
        let path = format!("{PATH}/deductions");
        let requests =
            keys.iter().map(|key| self.request(&Method::POST, &path, Some(key), &self.wish(key)));
        let requests = requests.collect();
        let answers = Box::pin(self.cloud.send_together(requests)).await;
        let mut again = BTreeSet::new();
        let mut refused = BTreeSet::new();
        for (key, answer) in keys.iter().zip(&answers) {
            let status = answer.status().as_u16();
            self.say(format!("  together {key}: {status}"));
            let answer = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
            if status == 402 {
                // Its other copy may have been in time.
                refused.insert(key.clone());
            } else {
                self.took(key, status, &answer);
            }
            if status >= 500 {
                again.insert(key.clone());
            }
        }
        for key in again {
            if self.below(4) > 0 {
                self.take(&key).await;
            }
        }
    }

    pub(super) async fn reserve(&mut self) {
        let (key, tokens) = (self.draw("hold"), self.tokens());
        let seconds = [60, 3_600, 86_400, 172_800][self.pick(4)];
        let now = self.cloud.clock().now();
        let body = json!({ "tokens": tokens, "ttl_seconds": seconds });
        let path = format!("{PATH}/reservations");
        let (status, answer) = self.ask(Method::POST, &path, Some(&key), &body).await;
        if status == 201 {
            let id = answer["id"].as_str().unwrap().to_owned();
            self.reservations.insert(id, (tokens, now.plus_seconds(seconds)));
        } else {
            assert!(matches!(status, 0 | 402), "{status} {answer}");
        }
    }

    /// Whoever holds a reservation is never refused when the job is done in time.
    pub(super) async fn end_reservation(&mut self) {
        let ids: Vec<_> = self.reservations.keys().cloned().collect();
        let Some(id) = self.one_of(&ids).cloned() else { return };
        let (tokens, ends_at) = self.reservations[&id];
        let path = format!("{PATH}/reservations/{id}");
        let is_over = self.cloud.clock().now() >= ends_at;
        let (status, answer) = if self.below(3) == 0 {
            self.ask(Method::POST, &format!("{path}/release"), None, &Value::Null).await
        } else {
            let body = json!({ "tokens": self.below(tokens + 1) });
            self.ask(Method::POST, &format!("{path}/settle"), None, &body).await
        };
        let ends = status != 0 && !is_over;
        if ends {
            assert_eq!(status, 200, "{answer}");
        }
        assert!(matches!(status, 0 | 200 | 409), "{status} {answer}");
        // An ending that was not answered may have taken effect: another one could be refused.
        self.reservations.remove(&id);
    }

    pub(super) async fn set_recharge(&mut self) {
        if self.below(4) == 0 {
            self.limit += [500, 2_500][self.pick(2)];
        }
        let packs = [("starter", 500), ("standard", 1_000), ("pro", 2_500), ("enterprise", 5_000)];
        let packs: Vec<_> = packs.iter().filter(|(_, price)| *price <= self.limit).collect();
        let pack = self.one_of(&packs).unwrap().0;
        let body = json!({
            "enabled": self.below(6) > 0,
            "threshold": self.below(2_000_000),
            "spending_limit": { "amount": self.limit, "currency": "eur" },
            "pack": pack,
        });
        let path = format!("{PATH}/auto-recharge");
        let (status, answer) = self.ask(Method::PUT, &path, None, &body).await;
        assert!(matches!(status, 0 | 200), "{status} {answer}");
    }

    pub(super) async fn buy(&mut self) {
        let key = self.draw("order");
        let pack = ["starter", "standard", "pro"][self.pick(3)];
        let body = json!({ "pack": pack });
        let path = format!("{PATH}/purchases");
        let (status, answer) = self.ask(Method::POST, &path, Some(&key), &body).await;
        assert!(matches!(status, 0 | 201), "{status} {answer}");
        if status == 201 {
            self.pages.push(answer["checkout_url"].as_str().unwrap().to_owned());
            if self.below(3) > 0 {
                self.visit();
            }
        }
    }

    pub(super) async fn look_at_purchase(&mut self) {
        let table = self.table().await;
        let ids: Vec<_> = table.purchases.keys().cloned().collect();
        let Some(id) = self.one_of(&ids).cloned() else { return };
        let path = format!("{PATH}/purchases/{id}");
        let (status, answer) = self.ask(Method::GET, &path, None, &Value::Null).await;
        assert!(matches!(status, 0 | 200), "{status} {answer}");
    }

    pub(super) async fn adjust(&mut self) {
        let tokens = if self.below(3) == 0 { -self.tokens() } else { self.tokens() };
        let key = self.draw("gift");
        let body = json!({ "tokens": tokens, "reason": key });
        let path = "/v1/staff/accounts/acme/credits/adjustments";
        let (status, answer) = self.ask(Method::POST, path, Some(&key), &body).await;
        assert!(matches!(status, 0 | 201 | 409), "{status} {answer}");
    }
}
