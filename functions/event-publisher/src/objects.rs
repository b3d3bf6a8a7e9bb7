//! Objects of events: what a route answers about them, as of publishing, without what no event
//! shows.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use accounts_commands::Failure;
use accounts_commands::read::{Account, Accounts};
use billing::api_key::AccountKey;
use billing::authority::Role;
use billing::credits::Credits;
use billing::desk::Desk;
use billing::events::Unpublished;
use billing::ids::{AccountId, InvoiceId, MemberId};
use billing::invoice::Invoice;
use billing::journal::Entry;
use billing::journal::events::{EventType, ObjectKind};
use billing::price_change::PriceChange;
use billing::time::Timestamp;
use catalog::Catalog;
use invocation::Invocation;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Loaded, Part, Store};
use views::accounts::AccountView;
use views::alerts::AlertView;
use views::credits::CreditsView;
use views::families::SubAccountView;
use views::invoices::InvoiceView;
use views::keys::KeyView;
use views::members::MemberView;
use views::prices::PriceChangeView;
use views::product::{BilledToParentView, MemberSubscriptionView};
use views::subscriptions::{OnFileView, SubscriptionView};
use views::transfers::{AdviceView, ReceiptView};

use crate::PublishFailure;

/// Fields that no object of an event has: addresses, links and names of people.
const HIDDEN: [&str; 9] = [
    "billing_details",
    "email",
    "created_by",
    "recent_invoices",
    "hosted_invoice_url",
    "pdf_url",
    "receipt_url",
    "action_url",
    "note",
];

/// Objects of an account that its events show, as they are at publishing.
#[derive(Debug)]
pub(crate) struct Objects<'a> {
    now: Timestamp,
    catalog: &'a Catalog,
    account: Account,
    loaded: Loaded,
    invoices: BTreeMap<InvoiceId, Invoice>,
    keys: Vec<AccountKey>,
    desk: Desk,
    price_changes: Vec<PriceChange>,
    credits: Option<Credits>,
}

impl<'a> Objects<'a> {
    /// Loads what those entries' events show.
    pub(crate) async fn load(
        invocation: &Invocation,
        (store, catalog): (&'a Store, &'a Catalog),
        (account, entries): (&AccountId, &[Unpublished<'_>]),
    ) -> Result<Self, PublishFailure> {
        let shows =
            |kinds: &[ObjectKind]| entries.iter().any(|it| kinds.contains(&it.kind.object()));
        let mut parts = Accounts::parts(invocation.now);
        parts.extend(entries.iter().filter_map(|it| part_of(it)));
        let mut unique: Vec<Part> = Vec::new();
        for part in parts {
            if !unique.contains(&part) {
                unique.push(part);
            }
        }
        let loaded = store.load(invocation, account, &unique).await?;
        let read = Accounts { store, catalog }.read(invocation, account, &loaded).await;

        let ids: BTreeSet<InvoiceId> = entries.iter().filter_map(invoice_of).collect();
        let invoices = store.invoices_of(invocation, account, &ids).await?;
        let keys = if shows(&[ObjectKind::ApiKey]) {
            store.account_keys(invocation, account).await?
        } else {
            Vec::new()
        };
        let desk = if shows(&[ObjectKind::PaymentAdvice, ObjectKind::Prepayment]) {
            store.transfers(invocation, account).await?
        } else {
            Desk::default()
        };
        let price_changes = if shows(&[ObjectKind::PriceChange]) {
            store.price_changes(invocation).await?
        } else {
            Vec::new()
        };
        let credits = if shows(&[ObjectKind::Credits]) {
            Some(store.credits(invocation, account, &loaded).await?)
        } else {
            None
        };

        Ok(Self {
            now: invocation.now,
            catalog,
            account: read.map_err(not_read)?,
            loaded,
            invoices,
            keys,
            desk,
            price_changes,
            credits,
        })
    }

    /// True for an account whose parent pays: nothing of it has a price.
    pub(crate) fn is_unpriced(&self) -> bool {
        self.account.standing.family.paid_by(self.now).is_some()
    }

    /// Object of the event of an entry.
    pub(crate) fn object(
        &self,
        kind: EventType,
        entry: &Entry,
    ) -> Result<Option<Value>, PublishFailure> {
        let about = entry.about.as_deref().unwrap_or_default();
        match kind.object() {
            ObjectKind::Account => self.account().map(Some),
            ObjectKind::Member => {
                let member = MemberId::parse(about).ok();
                let member = member.map(|id| self.loaded.member(&id)).transpose()?.flatten();
                shown(member.as_ref().map(MemberView::of))
            }
            ObjectKind::ApiKey => {
                let key = self.keys.iter().find(|key| key.id == about);
                shown(key.map(KeyView::of))
            }
            ObjectKind::Subscription if self.is_unpriced() => {
                shown(Some(MemberSubscriptionView::of(&self.account.standing)))
            }
            ObjectKind::Subscription => {
                shown(Some(SubscriptionView::of(&self.account.standing, None)))
            }
            ObjectKind::PriceChange => {
                let of_price = self.price_changes.iter().filter(|change| change.price == about);
                let latest = of_price.max_by_key(|change| change.announced_at);
                shown(latest.map(PriceChangeView::of))
            }
            ObjectKind::Invoice => shown(self.invoice(about)),
            ObjectKind::CreditNote => shown(self.invoice(about).and_then(|invoice| {
                let change = entry.changes.iter().find(|it| it.field == "credit_note");
                let id = change?.after.as_ref()?.to_string();
                invoice.credit_notes.into_iter().find(|note| note.id == id)
            })),
            ObjectKind::PaymentMethod => shown(OnFileView::of(&self.loaded.on_file()?, self.now)),
            ObjectKind::PaymentAdvice => {
                let advice = self.desk.advices.get(about);
                shown(advice.map(|advice| AdviceView::of(advice, self.now)))
            }
            ObjectKind::Prepayment => shown(self.desk.receipts.get(about).map(ReceiptView::of)),
            ObjectKind::Credits => shown(self.credits.as_ref().map(|credits| {
                let allowance = self.catalog.credits_included(&self.account.standing, self.now);
                CreditsView::of(credits, allowance, self.catalog.credit_currency, self.now)
            })),
            ObjectKind::Alert => shown(Some(AlertView::of(&self.loaded.watch()?, &[]))),
            ObjectKind::SubAccount => self.sub_account(about),
            ObjectKind::Month => Ok(Some(json!({ "period": about }))),
            ObjectKind::Dispute => {
                let change = entry.changes.iter().find(|it| it.field == "dispute");
                let id = change.and_then(|it| it.after.as_ref()).map(ToString::to_string);
                Ok(Some(json!({ "id": id })))
            }
            ObjectKind::Resource => Ok(Some(json!({ "id": about }))),
        }
    }

    fn account(&self) -> Result<Value, PublishFailure> {
        let Account { standing, profile, state } = &self.account;
        let too_large =
            |error: billing::money::TooLarge| PublishFailure::NotShown(error.to_string());
        let view = if self.is_unpriced() {
            let seen = (*state, Role::Member);
            let view = BilledToParentView::of(standing, profile, seen, self.now);
            value(&view.map_err(too_large)?)
        } else {
            let view = AccountView::of(standing, profile, *state, self.now);
            value(&view.map_err(too_large)?)
        };
        view.map(without_hidden)
    }

    fn invoice(&self, id: &str) -> Option<InvoiceView> {
        let invoice = self.invoices.get(&InvoiceId::parse(id).ok()?)?;
        InvoiceView::of(invoice, &self.account.standing, self.now)
    }

    /// A sub-account as its parent lists it. On the sub-account itself it is the account.
    fn sub_account(&self, id: &str) -> Result<Option<Value>, PublishFailure> {
        let Some(child) = AccountId::parse(id).ok() else { return self.account().map(Some) };
        match self.loaded.sub_account(&child)? {
            Some(listed) => {
                let parent = &self.account.standing.account;
                shown(Some(SubAccountView::of(parent, &listed, self.now)))
            }
            None => self.account().map(Some),
        }
    }
}

/// Part of the account that the event of an entry shows, where it is one of its own.
fn part_of(unpublished: &Unpublished<'_>) -> Option<Part> {
    let entry = unpublished.record.entries.get(unpublished.place)?;
    let about = entry.about.as_deref().unwrap_or_default();
    match unpublished.kind.object() {
        ObjectKind::Member => MemberId::parse(about).ok().map(Part::Member),
        ObjectKind::SubAccount => AccountId::parse(about).ok().map(Part::SubAccount),
        ObjectKind::PaymentMethod => Some(Part::OnFile),
        ObjectKind::Alert => Some(Part::Watch),
        ObjectKind::Credits => Some(Part::Credits),
        ObjectKind::Account
        | ObjectKind::ApiKey
        | ObjectKind::Subscription
        | ObjectKind::PriceChange
        | ObjectKind::Invoice
        | ObjectKind::CreditNote
        | ObjectKind::Dispute
        | ObjectKind::PaymentAdvice
        | ObjectKind::Prepayment
        | ObjectKind::Month
        | ObjectKind::Resource => None,
    }
}

/// Invoice that the event of an entry shows.
fn invoice_of(unpublished: &Unpublished<'_>) -> Option<InvoiceId> {
    let is_of_invoice =
        [ObjectKind::Invoice, ObjectKind::CreditNote].contains(&unpublished.kind.object());
    let entry = unpublished.record.entries.get(unpublished.place)?;
    InvoiceId::parse(entry.about.as_deref()?).ok().filter(|_| is_of_invoice)
}

fn not_read(failure: Failure<Infallible>) -> PublishFailure {
    if let Failure::Store(error) = failure {
        return PublishFailure::Store(error);
    }
    PublishFailure::NotShown(failure.to_string())
}

fn shown(view: Option<impl Serialize>) -> Result<Option<Value>, PublishFailure> {
    view.map(|view| value(&view).map(without_hidden)).transpose()
}

fn value(view: &impl Serialize) -> Result<Value, PublishFailure> {
    serde_json::to_value(view).map_err(|error| PublishFailure::NotShown(error.to_string()))
}

/// A value without the fields that no event shows, at any depth.
fn without_hidden(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !HIDDEN.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name, without_hidden(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_hidden).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
