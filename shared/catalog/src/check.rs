//! What a catalog must be like. Everything that is wrong is collected, each with its line.

mod credit_resource;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use billing::money::{Currency, Money};
use rust_decimal::Decimal;
use toml::Spanned;

use crate::{
    Beyond, Catalog, CatalogError, Complaint, Interval, Pack, Plan, PlanPrice, Renews, Resource,
    ResourceKind, Sold, Terms, Tier, raw,
};

mod bank;
mod cancellation;
mod region;
mod tax;

/// Longest time for which late usage can be taken, in hours: 28 days.
const LATE_USAGE_HOURS_MAX: u32 = 672;
/// Highest price, in minor units: Stripe's eight digits.
pub const AMOUNT_MAX: i64 = 99_999_999;
/// Most credits in a pack.
const TOKENS_MAX: u64 = 1_000_000_000_000;
/// Decimals of a unit's price that Stripe keeps.
const UNIT_DECIMALS_MAX: u32 = 12;
/// Longest id, in characters: with our own around it, it is Stripe's lookup key.
const ID_CHARACTERS_MAX: usize = 40;
/// What a plan's id cannot begin with: its lookup keys could be those of a pack.
const PACK_PREFIX: &str = "pack_";

/// Reads and checks.
pub fn check(text: &str) -> Result<Catalog, CatalogError> {
    let raw: raw::Catalog = toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        CatalogError(vec![Complaint { line, reason: error.message().to_owned() }])
    })?;
    let mut check = Check { text, complaints: Vec::new() };
    let catalog = check.catalog(raw);
    let Check { mut complaints, .. } = check;
    complaints.sort();
    match catalog {
        Some(catalog) if complaints.is_empty() => Ok(catalog),
        Some(_) | None => Err(CatalogError(complaints)),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count().saturating_add(1)
}

struct Check<'a> {
    text: &'a str,
    complaints: Vec<Complaint>,
}

impl Check<'_> {
    fn catalog(&mut self, raw: raw::Catalog) -> Option<Catalog> {
        let currency = self.currency(&raw.currency);
        let late = *raw.late_usage_hours.get_ref();
        if late > LATE_USAGE_HOURS_MAX {
            let reason = format!("late_usage_hours is {late}: at most {LATE_USAGE_HOURS_MAX}");
            self.complain(raw.late_usage_hours.span(), reason);
        }
        self.ids("resource", raw.resources.iter().map(|resource| &resource.id));
        self.are_no_parts(&raw.resources);
        self.ids("plan", raw.plans.iter().map(|plan| &plan.id));
        self.ids("tax rate", raw.tax_rates.iter().map(|rate| &rate.id));
        self.ids("region", raw.regions.iter().map(|region| &region.id));
        self.ids("pack", raw.credits.packs.iter().map(|pack| &pack.id));
        let resources: Vec<_> = raw.resources.into_iter().map(|one| self.resource(one)).collect();
        if let Some(first) = raw.plans.first().filter(|plan| !plan.prices.is_empty()) {
            let reason = format!(
                "`{}` has prices: the first plan is the one of an account without a subscription, \
                 and costs nothing",
                first.id.get_ref()
            );
            self.complain(first.id.span(), reason);
        }
        if raw.plans.is_empty() {
            self.complain(0..0, "there is no plan: at least one without prices".to_owned());
        }
        let pack_currency = self.currency(&raw.credits.currency);
        let plans = raw.plans.into_iter().map(|plan| self.plan(plan, currency?, &resources));
        let plans: Vec<_> = plans.collect();
        let packs: Vec<_> = raw
            .credits
            .packs
            .into_iter()
            .map(|pack| Some(self.pack(pack, pack_currency?)))
            .collect();
        let tax_rates = raw.tax_rates.into_iter().map(|rate| self.tax_rate(rate));
        let tax_rates: Vec<_> = tax_rates.collect();
        let bank_accounts = self.bank_accounts(raw.bank_accounts);
        let cancellation = self.conditions(raw.cancellation);
        let plans: Vec<Plan> = plans.into_iter().collect::<Option<_>>()?;
        self.credit_resource(&plans);
        Some(Catalog {
            currency: currency?,
            credit_currency: pack_currency?,
            late_usage_hours: late,
            vendor: self.vendor(&raw.vendor),
            resources,
            plans,
            packs: packs.into_iter().collect::<Option<_>>()?,
            tax_rates: tax_rates.into_iter().collect::<Option<_>>()?,
            cancellation: cancellation?,
            bank_accounts: bank_accounts?,
            regions: raw.regions.into_iter().map(|one| self.region(one)).collect(),
        })
    }

    fn complain(&mut self, at: Range<usize>, reason: String) {
        self.complaints.push(Complaint { line: line_of(self.text, at.start), reason });
    }

    fn currency(&mut self, given: &Spanned<String>) -> Option<Currency> {
        let read = Currency::parse(given.get_ref());
        if let Err(error) = &read {
            self.complain(given.span(), error.to_string());
        }
        read.ok()
    }

    /// Ids are short, plain and not used twice.
    fn ids<'a>(&mut self, what: &str, ids: impl Iterator<Item = &'a Spanned<String>>) {
        let mut known = BTreeSet::new();
        for id in ids {
            let text = id.get_ref();
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if text.is_empty() || text.len() > ID_CHARACTERS_MAX || !text.chars().all(plain) {
                let reason = format!(
                    "`{text}` cannot be the id of a {what}: 1 to {ID_CHARACTERS_MAX} characters of \
                     a-z, 0-9 and _ are expected"
                );
                self.complain(id.span(), reason);
            }
            if !known.insert(text) {
                self.complain(id.span(), format!("the {what} `{text}` is there twice"));
            }
        }
    }

    fn text(&mut self, given: Spanned<String>, what: &str) -> String {
        if given.get_ref().trim().is_empty() {
            self.complain(given.span(), format!("the {what} is empty"));
        }
        given.into_inner()
    }

    fn resource(&mut self, raw: raw::Resource) -> Resource {
        let kind = match raw.kind {
            raw::Kind::Sum => ResourceKind::Sum,
            raw::Kind::Gauge => ResourceKind::Gauge,
        };
        Resource {
            id: raw.id.into_inner(),
            name: self.text(raw.name, "name"),
            unit: self.text(raw.unit, "unit"),
            kind,
            // Sums are zero again when the free plan begins (A6).
            blocks_cancel: raw.blocks_cancel.unwrap_or(kind == ResourceKind::Gauge),
        }
    }

    fn plan(&mut self, raw: raw::Plan, currency: Currency, resources: &[Resource]) -> Option<Plan> {
        let id = raw.id.get_ref().clone();
        let has_seats = raw.seats_max.is_some();
        if id.starts_with(PACK_PREFIX) {
            let reason =
                format!("`{id}` begins with `{PACK_PREFIX}`, as the keys of packs do at Stripe");
            self.complain(raw.id.span(), reason);
        }
        let renews = self.renews(raw.renews.as_ref(), raw.prices.is_empty());
        if let Some(seats) = raw.seats_max.as_ref().filter(|seats| *seats.get_ref() == 0) {
            self.complain(seats.span(), "seats_max is 0: leave it out for no seats".to_owned());
        }
        let mut intervals = BTreeSet::new();
        let mut prices = Vec::new();
        for price in raw.prices {
            let span = price.span();
            let price = self.price(price.into_inner(), &span, currency, has_seats);
            if !intervals.insert(price.interval) {
                let interval = price.interval.as_str();
                self.complain(span, format!("`{id}` has two prices for a {interval}"));
            }
            prices.push(price);
        }
        let span = raw.id.span();
        let terms = self.all_terms(raw.resources, &id, &span, resources);
        Some(Plan {
            id,
            name: self.text(raw.name, "name"),
            sold: match raw.sold {
                raw::Sold::ToAll => Sold::ToAll,
                raw::Sold::ByStaff => Sold::ByStaff,
                raw::Sold::NotAnyMore => Sold::NotAnyMore,
            },
            seats_max: raw.seats_max.map(Spanned::into_inner),
            renews,
            prices,
            terms: terms?,
        })
    }

    /// By the day, as Stripe does when nobody says otherwise.
    fn renews(&mut self, given: Option<&Spanned<raw::Renews>>, is_free: bool) -> Renews {
        if let Some(given) = given.filter(|_| is_free) {
            let reason = "a plan without prices has no periods that could renew";
            self.complain(given.span(), reason.to_owned());
        }
        match given.map(Spanned::get_ref) {
            Some(raw::Renews::OnTheFirst) => Renews::OnTheFirst,
            Some(raw::Renews::OnTheDay) | None => Renews::OnTheDay,
        }
    }

    /// C3: Stripe bills a licensed price at the start of a period, and usage is ours to bill at the
    /// end.
    fn billed(&mut self, billed: &Spanned<raw::Billed>) {
        match billed.get_ref() {
            raw::Billed::InAdvance => {}
            raw::Billed::InArrears => {
                let reason = "a plan's fee is billed in advance: Stripe has no licensed price in \
                              arrears. What is billed in arrears is usage, by `beyond = \"priced\"`";
                self.complain(billed.span(), reason.to_owned());
            }
        }
    }

    fn price(
        &mut self,
        raw: raw::Price,
        span: &Range<usize>,
        currency: Currency,
        has_seats: bool,
    ) -> PlanPrice {
        let amount = self.amount(&raw.amount);
        let seat_amount = raw.seat_amount.map(|seat| self.amount(&seat));
        self.billed(&raw.billed);
        if has_seats != seat_amount.is_some() {
            let reason = if has_seats {
                "the plan has seats, and this price does not say what one costs: seat_amount is missing"
            } else {
                "the plan has no seats: either seats_max is missing, or seat_amount is too much"
            };
            self.complain(span.clone(), reason.to_owned());
        }
        PlanPrice {
            interval: match raw.interval {
                raw::Interval::Month => Interval::Month,
                raw::Interval::Year => Interval::Year,
            },
            amount: Money::new(amount, currency),
            seat_amount: seat_amount.map(|amount| Money::new(amount, currency)),
        }
    }

    fn amount(&mut self, given: &Spanned<i64>) -> i64 {
        let amount = *given.get_ref();
        if !(0..=AMOUNT_MAX).contains(&amount) {
            let reason = format!("{amount} is not a price: 0 to {AMOUNT_MAX} minor units");
            self.complain(given.span(), reason);
        }
        amount
    }

    /// Every plan speaks of every resource, so that nothing is decided by forgetting it.
    fn all_terms(
        &mut self,
        mut raw: BTreeMap<Spanned<String>, Spanned<raw::Terms>>,
        plan: &str,
        at: &Range<usize>,
        resources: &[Resource],
    ) -> Option<Vec<Terms>> {
        let mut all = Vec::new();
        for resource in resources {
            let known = raw.keys().find(|key| *key.get_ref() == resource.id).cloned();
            let Some(terms) = known.and_then(|key| raw.remove(&key)) else {
                let reason = format!("`{plan}` does not say what holds for `{}`", resource.id);
                self.complain(at.clone(), reason);
                continue;
            };
            all.push(self.terms(terms, resource));
        }
        for (unknown, _) in raw {
            let reason = format!("`{}` is not a resource", unknown.get_ref());
            self.complain(unknown.span(), reason);
        }
        all.into_iter().collect()
    }

    fn terms(&mut self, raw: Spanned<raw::Terms>, resource: &Resource) -> Option<Terms> {
        let span = raw.span();
        let raw = raw.into_inner();
        let resource = resource.id.clone();
        let beyond = match (raw.unlimited, raw.included, raw.beyond) {
            (true, None, None) if raw.tiers.is_empty() => {
                return Some(Terms { resource, included: None, beyond: Beyond::Nothing });
            }
            (false, Some(_), Some(beyond)) => beyond,
            _ => {
                let reason = format!(
                    "`{resource}` needs either `unlimited = true` alone, or `included` and `beyond`"
                );
                self.complain(span, reason);
                return None;
            }
        };
        if (beyond == raw::Beyond::Priced) == raw.tiers.is_empty() {
            let reason =
                format!("`{resource}`: tiers stand with `beyond = \"priced\"`, and only there");
            self.complain(span.clone(), reason);
        }
        let beyond = match beyond {
            raw::Beyond::Refuse => Beyond::Refuse,
            raw::Beyond::Restrict => Beyond::Restrict,
            raw::Beyond::Credits => Beyond::Credits,
            raw::Beyond::Priced => Beyond::Priced(self.tiers(raw.tiers)),
        };
        Some(Terms { resource, included: raw.included, beyond })
    }

    /// Tiers rise, and the last one has no end.
    fn tiers(&mut self, raw: Vec<Spanned<raw::Tier>>) -> Vec<Tier> {
        let last = raw.len().saturating_sub(1);
        let mut below = 0;
        let mut tiers = Vec::new();
        for (nth, tier) in raw.into_iter().enumerate() {
            let span = tier.span();
            let tier = tier.into_inner();
            match tier.up_to {
                Some(up_to) if nth < last && up_to > below => below = up_to,
                None if nth == last => {}
                Some(_) if nth < last => {
                    self.complain(span, format!("up_to must be more than {below}"));
                }
                Some(_) | None => {
                    let reason = "every tier but the last says up_to, and the last does not";
                    self.complain(span, reason.to_owned());
                }
            }
            let unit_amount = self.unit_amount(&tier.unit_amount);
            tiers.push(Tier { up_to: tier.up_to, unit_amount });
        }
        tiers
    }

    fn unit_amount(&mut self, given: &Spanned<String>) -> Decimal {
        let text = given.get_ref();
        let read = Decimal::from_str_exact(text).ok();
        let fits = |amount: &Decimal| {
            let within = (Decimal::ZERO..=Decimal::from(AMOUNT_MAX)).contains(amount);
            within && amount.scale() <= UNIT_DECIMALS_MAX
        };
        read.filter(fits).unwrap_or_else(|| {
            let reason = format!(
                "`{text}` is not a unit's price: minor units with at most {UNIT_DECIMALS_MAX} \
                 decimals, such as \"0.05\""
            );
            self.complain(given.span(), reason);
            Decimal::ZERO
        })
    }

    fn pack(&mut self, raw: raw::Pack, currency: Currency) -> Pack {
        let tokens = *raw.tokens.get_ref();
        if !(1..=TOKENS_MAX).contains(&tokens) {
            let reason = format!("{tokens} is not a number of tokens: 1 to {TOKENS_MAX}");
            self.complain(raw.tokens.span(), reason);
        }
        let amount = self.amount(&raw.amount);
        if amount == 0 {
            self.complain(
                raw.amount.span(),
                "a pack that costs nothing cannot be bought".to_owned(),
            );
        }
        Pack {
            id: raw.id.into_inner(),
            name: self.text(raw.name, "name"),
            tokens,
            price: Money::new(amount, currency),
        }
    }
}
