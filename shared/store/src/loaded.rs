//! Parts of what is kept about an account, loaded in one request and read back as the types of the
//! rules.
//!
//! [`Part`] is the only name that a caller gives an item: how the item is keyed and written stays
//! in this crate. A part that is not in the table is `None`; reading a part that was not asked for
//! is an error that nothing helps against, because the code that reads it is wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use billing::account::Standing;
use billing::advice::Advice;
use billing::alerts::Watch;
use billing::api_key::Credential;
use billing::bill::Bill;
use billing::cancellation::Blockers;
use billing::credits::Credits;
use billing::credits::ledger::LedgerEntry;
use billing::credits::purchase::Purchase;
use billing::credits::reservation::Reservation;
use billing::events::Mark;
use billing::family::listed::ListedSubAccount;
use billing::family::payers::Payers;
use billing::ids::{AccountId, BatchId, CustomerId, InvoiceId, MemberId, PurchaseId};
use billing::intent::Intent;
use billing::invoice::Invoice;
use billing::lease::Lease;
use billing::member::Member;
use billing::month::{Day, Month};
use billing::on_file::OnFile;
use billing::paying::Paying;
use billing::preview::Preview;
use billing::profile::Profile;
use billing::request::Remembered;
use billing::session::{Session, SignIn};
use billing::staff::{StaffSession, StaffSignIn};
use billing::time::Timestamp;
use billing::usage::{Usage, Used};
use invocation::Invocation;

use crate::attributes::{Attributes, Reader};
use crate::credential::{self, Request};
use crate::error::StoreError;
use crate::event::{self, FeedEnd};
use crate::keys::{self, Key};
use crate::part::Part;
use crate::paying;
use crate::preview;
use crate::profile::{self, Link};
use crate::usage::{self, Marker};
use crate::{
    Store, advice, answer, bill, cancellation, credits, family, intent, invoice, lease, member,
    on_file, session, staff, standing, watch,
};

/// Parts that were loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    account: Option<AccountId>,
    asked: BTreeSet<(String, String)>,
    items: HashMap<Key, Attributes>,
}

impl Loaded {
    fn new(account: Option<&AccountId>, parts: &[Part]) -> Result<Self, StoreError> {
        let mut loaded = Self { account: account.cloned(), ..Self::default() };
        for part in parts {
            let Key { pk, sk } = loaded.key(part)?;
            loaded.asked.insert((pk, sk));
        }
        Ok(loaded)
    }

    fn key(&self, part: &Part) -> Result<Key, StoreError> {
        part.key(self.account.as_ref()).ok_or_else(|| StoreError::NotLoaded(part.clone()))
    }

    fn keys(&self) -> Vec<Key> {
        let asked = self.asked.iter();
        asked.map(|(pk, sk)| Key { pk: pk.clone(), sk: sk.clone() }).collect()
    }

    fn keep(&mut self, items: Vec<Attributes>) -> Result<(), StoreError> {
        for item in items {
            let reader = Reader::new(&item);
            let (pk, sk) = (reader.text(keys::PK)?.to_owned(), reader.text(keys::SK)?.to_owned());
            self.items.insert(Key { pk, sk }, item);
        }
        Ok(())
    }

    fn item(&self, part: &Part) -> Result<Option<&Attributes>, StoreError> {
        let key = self.key(part)?;
        if !self.asked.contains(&(key.pk.clone(), key.sk.clone())) {
            return Err(StoreError::NotLoaded(part.clone()));
        }
        Ok(self.items.get(&key))
    }

    fn read<T>(
        &self,
        part: &Part,
        read: impl FnOnce(&Attributes) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.item(part)?.map(read).transpose()
    }

    /// Standing of the account; none where there is no such account.
    pub fn standing(&self) -> Result<Option<Standing>, StoreError> {
        self.read(&Part::Standing, standing::read)
    }

    /// Profile of the account.
    pub fn profile(&self) -> Result<Option<Profile>, StoreError> {
        self.read(&Part::Profile, profile::read)
    }

    /// One invoice.
    pub fn invoice(&self, id: &InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.read(&Part::Invoice(id.clone()), invoice::read)
    }

    /// Credits of the account as they are stored, with expired holds in them: [`Store::credits`]
    /// reads them without.
    pub(crate) fn stored_credits(&self) -> Result<Credits, StoreError> {
        credits::read(self.item(&Part::Credits)?)
    }

    /// Tokens of what the plan includes that were used or are reserved in a month; none where that
    /// is not kept (any more).
    pub fn included_tokens(&self, month: Month) -> Result<Option<i64>, StoreError> {
        Ok(self.stored_credits()?.counted.included.get(&month).copied())
    }

    /// True once something of the account's credits was kept.
    pub fn has_credits(&self) -> Result<bool, StoreError> {
        Ok(self.item(&Part::Credits)?.is_some())
    }

    /// Tokens that deductions used in a month, by day: those on pages of the ledger and those of
    /// its tail. Both parts are read at once, but not as of one moment: while a page is turned, a
    /// few tokens may be missing or counted twice.
    pub fn tokens(&self, month: Month) -> Result<BTreeMap<Day, i64>, StoreError> {
        let paged = self.read(&Part::Tokens(month), credits::read_used)?.unwrap_or_default();
        Ok(credits::with_tail(paged, &self.stored_credits()?.tail, month))
    }

    /// Counters of a month.
    pub fn usage(&self, month: Month) -> Result<Option<Usage>, StoreError> {
        self.read(&Part::Usage(month), usage::read)
    }

    /// Counters of a day.
    pub fn usage_day(&self, day: Day) -> Result<Option<Usage>, StoreError> {
        self.read(&Part::UsageDay(day), usage::read)
    }

    /// Latest level of each gauge.
    pub fn gauges(&self) -> Result<Option<Usage>, StoreError> {
        self.read(&Part::Gauges, usage::read)
    }

    /// Usage of the account by now, by the parts of [`Part::used`].
    pub fn used(&self, now: Timestamp) -> Result<Used, StoreError> {
        let month = self.usage(Month::of(now))?.unwrap_or_default();
        Ok(Used { month, latest: self.gauges()?.unwrap_or_default() })
    }

    /// Bill for the rest of a period.
    pub fn rest_bill(&self, renewal: Timestamp) -> Result<Option<Bill>, StoreError> {
        self.read(&Part::RestBill(renewal), bill::read)
    }

    /// Bill of a month.
    pub fn bill(&self, month: Month) -> Result<Option<Bill>, StoreError> {
        self.read(&Part::Bill(month), bill::read)
    }

    /// Reported cancellation blockers; none where nothing was reported.
    pub fn blockers(&self) -> Result<Blockers, StoreError> {
        Ok(self.read(&Part::Blockers, cancellation::read)?.unwrap_or_default())
    }

    /// Alert of the account, and what it was notified of; an empty one where nothing was kept.
    pub fn watch(&self) -> Result<Watch, StoreError> {
        Ok(self.read(&Part::Watch, watch::read)?.unwrap_or_default())
    }

    /// Payment method on file; an empty one where none was read yet.
    pub fn on_file(&self) -> Result<OnFile, StoreError> {
        Ok(self.read(&Part::OnFile, on_file::read)?.unwrap_or_default())
    }

    /// One member.
    pub fn member(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        self.read(&Part::Member(id.clone()), member::read)
    }

    /// One advice of a transfer.
    pub fn advice(&self, id: &str) -> Result<Option<Advice>, StoreError> {
        self.read(&Part::Advice(id.to_owned()), advice::read)
    }

    /// One intent.
    pub fn intent(&self, id: &str) -> Result<Option<Intent>, StoreError> {
        self.read(&Part::Intent(id.to_owned()), intent::read)
    }

    /// Latest payment of an invoice that we asked for.
    pub fn paying(&self, invoice: &InvoiceId) -> Result<Option<Paying>, StoreError> {
        self.read(&Part::Paying(invoice.clone()), paying::read)
    }

    /// One preview.
    pub fn preview(&self, id: &str) -> Result<Option<Preview>, StoreError> {
        self.read(&Part::Preview(id.to_owned()), preview::read)
    }

    /// One purchase of credits.
    pub fn purchase(&self, id: &PurchaseId) -> Result<Option<Purchase>, StoreError> {
        self.read(&Part::Purchase(id.clone()), credits::read_purchase)
    }

    /// One reservation.
    pub fn reservation(&self, id: &str) -> Result<Option<Reservation>, StoreError> {
        self.read(&Part::Reservation(id.to_owned()), credits::read_reservation)
    }

    /// One entry of the ledger.
    pub fn ledger_entry(&self, id: &str) -> Result<Option<LedgerEntry>, StoreError> {
        let read = self.read(&Part::LedgerEntry(id.to_owned()), credits::read_entry)?;
        Ok(read.map(|(entry, _)| entry))
    }

    /// Use of an Idempotency-Key, unless it is forgotten by now.
    pub fn request(
        &self,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Option<Request>, StoreError> {
        let part = Part::Request(fingerprint.to_owned());
        let request = self.read(&part, credential::read_request)?;
        Ok(request.filter(|request| request.expires_at > now))
    }

    /// Lease of the account, held or ended.
    pub fn lease(&self) -> Result<Option<Lease>, StoreError> {
        self.read(&Part::Lease, lease::read)
    }

    /// One session of the dashboard, also if it is over by now.
    pub fn session(&self, hash: &str) -> Result<Option<Session>, StoreError> {
        self.read(&Part::Session(hash.to_owned()), session::read)
    }

    /// Turn of the account's sessions; 0 until all of them were ended once.
    pub fn turn(&self) -> Result<u64, StoreError> {
        Ok(self.read(&Part::Turn, session::read_turn)?.unwrap_or_default())
    }

    /// One link that opens a session, also if its time is over by now.
    pub fn sign_in(&self, hash: &str) -> Result<Option<SignIn>, StoreError> {
        self.read(&Part::SignIn(hash.to_owned()), session::read_sign_in)
    }

    /// One link that opens a session of the staff desk, also if its time is over by now.
    pub fn staff_sign_in(&self, hash: &str) -> Result<Option<StaffSignIn>, StoreError> {
        self.read(&Part::StaffSignIn(hash.to_owned()), staff::read_sign_in)
    }

    /// One session of the staff desk, also if it is over by now.
    pub fn staff_session(&self, hash: &str) -> Result<Option<StaffSession>, StoreError> {
        self.read(&Part::StaffSession(hash.to_owned()), staff::read_session)
    }

    /// A request by its Idempotency-Key, also if it is forgotten by now.
    pub fn remembered(&self, fingerprint: &str) -> Result<Option<Remembered>, StoreError> {
        self.read(&Part::Answer(fingerprint.to_owned()), answer::read)
    }

    /// Marker of a counted chunk, unless it is forgotten by now.
    pub fn usage_batch(
        &self,
        batch: &BatchId,
        chunk: usize,
        now: Timestamp,
    ) -> Result<Option<Marker>, StoreError> {
        let part = Part::UsageBatch(batch.clone(), chunk);
        let marker = self.read(&part, usage::read_marker)?;
        Ok(marker.filter(|marker| marker.expires_at > now))
    }

    /// Payers of a sub-account; none for another account.
    pub fn payers(&self) -> Result<Option<Payers>, StoreError> {
        self.read(&Part::Payers, family::read_payers)
    }

    /// Place up to which the account's journal is published.
    pub fn published(&self) -> Result<Mark, StoreError> {
        Ok(self.read(&Part::Published, event::read_mark)?.unwrap_or_default())
    }

    /// End of the account's shard of the feed.
    pub fn feed_end(&self) -> Result<FeedEnd, StoreError> {
        Ok(self.read(&Part::FeedEnd, event::read_end)?.unwrap_or_default())
    }

    /// One sub-account of a parent.
    pub fn sub_account(&self, id: &AccountId) -> Result<Option<ListedSubAccount>, StoreError> {
        self.read(&Part::SubAccount(id.clone()), family::read_sub_account)
    }

    /// Account of a Stripe customer, or that the customer is foreign.
    pub fn link(&self, customer: &CustomerId) -> Result<Option<Link>, StoreError> {
        self.read(&Part::Link(customer.clone()), profile::read_link)
    }
}

impl Store {
    /// Loads parts of an account in one request, consistently.
    ///
    /// # Errors
    /// Any of the table's; more than 100 parts are rejected by DynamoDB.
    pub async fn load(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        parts: &[Part],
    ) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::new(Some(account), parts)?;
        loaded.keep(self.batch(invocation, &loaded.keys()).await?)?;
        Ok(loaded)
    }

    /// Loads parts of several accounts, at once in as few requests as it takes.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn load_all(
        &self,
        invocation: &Invocation,
        wanted: &[(AccountId, Vec<Part>)],
    ) -> Result<BTreeMap<AccountId, Loaded>, StoreError> {
        let mut all = BTreeMap::new();
        for (account, parts) in wanted {
            all.insert(account.clone(), Loaded::new(Some(account), parts)?);
        }

        let keys: Vec<Key> = all.values().flat_map(Loaded::keys).collect();
        let items = self.batch_all(invocation, &keys).await?;
        for loaded in all.values_mut() {
            let own = loaded.keys().into_iter();
            loaded.keep(own.filter_map(|key| items.get(&key).cloned()).collect())?;
        }
        Ok(all)
    }

    /// Loads parts that are of no account, at once in as few requests as it takes.
    ///
    /// # Errors
    /// Any of the table's; [`StoreError::NotLoaded`] for a part of an account.
    pub async fn load_shared(
        &self,
        invocation: &Invocation,
        parts: &[Part],
    ) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::new(None, parts)?;
        let keys = loaded.keys();
        let items = self.batch_all(invocation, &keys).await?;
        loaded.keep(keys.iter().filter_map(|key| items.get(key).cloned()).collect())?;
        Ok(loaded)
    }

    /// Loads parts with the credential of an API key, in one request: who calls and what they ask
    /// about.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn load_with_key(
        &self,
        invocation: &Invocation,
        key_hash: &str,
        account: Option<&AccountId>,
        parts: &[Part],
    ) -> Result<(Option<Credential>, Loaded), StoreError> {
        let mut loaded = Loaded::new(account, parts)?;
        let mut keys = loaded.keys();
        let own = keys::api_key(key_hash);
        keys.push(own.clone());

        loaded.keep(self.batch(invocation, &keys).await?)?;
        let credential = loaded.items.remove(&own);
        let credential = credential.as_ref().map(credential::read_key).transpose()?;
        Ok((credential, loaded))
    }
}
