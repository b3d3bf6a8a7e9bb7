//! `/_local/faults`: what goes wrong by chance, at the gate and at Stripe, under one name each.

use serde_json::{Map, Value, json};
use stripe_simulator::faults::Chances;
use stripe_simulator::rates::Rates;

use crate::cloud::Cloud;
use crate::gate::{Faults, Limits, Mode, Probability};

/// What is asked for; all that is not named does not happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    gate: Faults,
    stripe: Chances,
    limits: Limits,
    rates: Option<Rates>,
    seed: u64,
}

impl Asked {
    /// Reads an object of probabilities and perhaps a seed; an error in words.
    pub fn read(asked: &Map<String, Value>) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in asked {
            if name == "seed" {
                let seed = value.as_u64().ok_or("`seed` is not a number")?;
                read.seed = seed;
                continue;
            }
            if read.limit(name, value)? {
                continue;
            }
            let probability = Probability::parse(&value.to_string());
            let probability =
                probability.ok_or_else(|| format!("`{name}` is not a probability from 0 to 1"))?;
            let known = read.named().into_iter().find(|(known, _)| known == name);
            let (_, place) = known.ok_or_else(|| format!("the fault `{name}` is not known"))?;
            *place = probability;
        }
        Ok(read)
    }

    /// What is set now.
    pub fn of(cloud: &Cloud) -> Self {
        let (Mode::Free(gate) | Mode::Stepped(gate)) = cloud.gate.mode();
        let (stripe, rates) = cloud
            .stripe
            .with_engine(|engine| (engine.stripe.faults.chances(), engine.stripe.rates.get()));
        Self { gate, stripe, limits: cloud.gate.limits(), rates, seed: 0 }
    }

    /// Lets them happen from now on.
    pub fn set(self, cloud: &Cloud) {
        cloud.stripe.with_engine(|engine| {
            engine.stripe.faults.set(self.stripe);
            engine.stripe.faults.reseed(self.seed);
        });
        cloud.gate.set_mode(Mode::Free(self.gate), self.seed);
        cloud.limit(self.limits, self.rates, self.seed);
    }

    /// By name, as they are read.
    pub fn rows(mut self) -> Vec<(&'static str, String)> {
        self.named().into_iter().map(|(name, place)| (name, place.to_string())).collect()
    }

    /// As they are read.
    pub fn json(self) -> Value {
        let number = |text: &str| serde_json::from_str(text).unwrap_or(json!(0));
        self.rows().into_iter().map(|(name, text)| (name.to_owned(), number(&text))).collect()
    }

    /// Reads a limit; false if it is none of that name.
    fn limit(&mut self, name: &str, value: &Value) -> Result<bool, String> {
        let switch =
            || value.as_bool().ok_or_else(|| format!("`{name}` is neither true nor false"));
        match name {
            "held_items" => self.limits.conflicts = switch()?,
            "latency" => self.limits.latency = switch()?,
            "queue_disorder" => self.limits.disorder = switch()?,
            "index_lag_writes" => {
                let writes = value.as_u64().ok_or("`index_lag_writes` is not a number")?;
                self.limits.index_lag_writes = writes;
            }
            "stripe_rates" => {
                self.rates = match value.as_str() {
                    Some("live") => Some(Rates::LIVE),
                    Some("sandbox") => Some(Rates::SANDBOX),
                    Some("none") => None,
                    Some(_) | None => {
                        return Err("`stripe_rates` is `live`, `sandbox` or `none`".to_owned());
                    }
                };
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn named(&mut self) -> [(&'static str, &mut Probability); 13] {
        let (gate, stripe) = (&mut self.gate, &mut self.stripe);
        [
            ("duplicate", &mut stripe.duplicate),
            ("reorder", &mut stripe.reorder),
            ("drop", &mut stripe.drop),
            ("delay", &mut stripe.delay),
            ("api_error", &mut stripe.api_error),
            ("api_timeout", &mut stripe.api_timeout),
            ("api_rate_limit", &mut stripe.api_rate_limit),
            ("api_lost_response", &mut stripe.api_lost_response),
            ("throttle", &mut gate.throttle),
            ("conflict", &mut gate.conflict),
            ("timeout_before", &mut gate.timeout_before),
            ("timeout_after_commit", &mut gate.timeout_after_commit),
            ("crash", &mut gate.crash),
        ]
    }
}
