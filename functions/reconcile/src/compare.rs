//! An account's open invoices and subscriptions, compared with Stripe's objects: an event that was
//! never made is in no list (money rule 32).

use std::collections::BTreeSet;

use apply::Outcome;
use billing::decide::Books;
use billing::fact::{Fact, News};
use billing::ids::{AccountId, InvoiceId, SubscriptionId};
use billing::proof::{Difference, DifferenceKind};
use invocation::Invocation;

use crate::Reconcile;
use crate::failure::ReconcileError;

impl Reconcile {
    /// Compares an account's books with what its customer has at Stripe. What differs is settled,
    /// and kept as a difference.
    pub(crate) async fn compare(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(), ReconcileError> {
        let Some(books) = self.store.books_of_customer(invocation, account).await? else {
            return Ok(());
        };
        let customer = books.profile.as_ref().and_then(|profile| profile.customer.clone());
        let Some(customer) = customer else { return Ok(()) };
        let books = self.store.with_all_invoices(invocation, books).await?;
        // The time of the customer's answer is from before everything else is read.
        let Some(read) = self.stripe.customer(invocation, &customer).await? else {
            return Ok(());
        };

        let objects = self.stripe.customer_objects(invocation, &customer, read.at).await?;
        for fact in &objects.facts {
            let News::Subscription(snapshot) = &fact.news else { continue };
            let known = books.subscriptions.get(&snapshot.id);
            if known.is_none_or(|known| known.snapshot != *snapshot) {
                self.settle_subscription(invocation, (account, &books), &snapshot.id).await?;
            }
        }
        let mut shown: BTreeSet<InvoiceId> = BTreeSet::new();
        for fact in &objects.invoices {
            let News::Invoice { snapshot, .. } = &fact.news else { continue };
            shown.insert(snapshot.id.clone());
            let known = books.invoices.get(&snapshot.id);
            let has_notes = known.is_some_and(|known| known.has_credit_notes_of(snapshot));
            if snapshot.pre_payment_credit_notes > 0 && !has_notes {
                let notes = self.stripe.credit_notes(invocation, &snapshot.id, read.at).await?;
                for note in &notes {
                    self.settle(invocation, note).await?;
                }
            }
            self.settle(invocation, fact).await?;
        }
        // What we have as open and Stripe does not list as unpaid has ended there.
        let owed = books.invoices.values().filter(|it| it.is_owed());
        for invoice in owed.filter(|it| !shown.contains(&it.id)) {
            if let Some(fact) = self.stripe.invoice(invocation, &invoice.id).await? {
                self.settle(invocation, &fact).await?;
            }
        }
        Ok(())
    }

    async fn settle(&self, invocation: &Invocation, fact: &Fact) -> Result<(), ReconcileError> {
        let applied = self.facts.apply(invocation, fact).await?;
        self.follow_up(&applied).await?;
        let (kind, account) = match &applied.outcome {
            Outcome::Applied(account) => (DifferenceKind::ObjectDiffered, account),
            Outcome::Refused(account, _) => (DifferenceKind::Refused, account),
            Outcome::Unchanged(_) | Outcome::Foreign => return Ok(()),
        };
        self.differed(invocation, account, (kind, fact.about())).await
    }

    /// Reads a subscription that is not as the books have it, and settles it.
    async fn settle_subscription(
        &self,
        invocation: &Invocation,
        (account, books): (&AccountId, &Books),
        id: &SubscriptionId,
    ) -> Result<(), ReconcileError> {
        let sync = self.sync();
        let settled = Box::pin(sync.read_subscription(invocation, account, id, None)).await?;
        if settled.standing().version == books.standing.version {
            return Ok(());
        }
        self.differed(invocation, account, (DifferenceKind::ObjectDiffered, id.as_str())).await
    }

    async fn differed(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (kind, about): (DifferenceKind, &str),
    ) -> Result<(), ReconcileError> {
        let difference = Difference {
            found_at: invocation.now,
            kind,
            account: Some(account.clone()),
            about: about.to_owned(),
            event_type: String::new(),
            happened_at: None,
        };
        self.found(invocation, &difference).await
    }
}
