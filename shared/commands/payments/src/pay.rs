//! An invoice is paid on request (A12): decided, begun, asked for at Stripe, and settled by the
//! same fact as its event, so that whichever comes second changes nothing.

use apply::{Applied, Applier};
use billing::account::{Owner, Standing};
use billing::change::Write;
use billing::decline::{self, asks_for_action};
use billing::ids::{AccountId, InvoiceId, PaymentMethodId};
use billing::invoice::Invoice;
use billing::paying::{Ended, Paying, Refused, Step, Wish, next};
use invocation::Invocation;
use store::{Loaded, Part, Store, StoreError};
use stripe_client::Stripe;
use stripe_client::paying::Payment;
use stripe_requests::Refusal;
use stripe_requests::request::paying::Presence;
use tracing::info;

use crate::outcome::{failed, is_paid, outcome_of, taken};
use crate::unpaid::Unpaid;
use crate::{Shown, Shows};

/// Pays invoices.
#[derive(Debug, Clone, Copy)]
pub struct Payments<'a> {
    /// The table.
    pub store: &'a Store,
    /// Stripe.
    pub stripe: &'a Stripe,
    /// The way of every fact into the books.
    pub facts: &'a Applier,
}

/// A payment that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Payment method to charge; none for the one on file.
    pub method: Option<PaymentMethodId>,
    /// Presence of the payer.
    pub presence: Presence,
    /// Name of the new payment method that everything is tried with, where nobody asked.
    pub new_method: Option<String>,
}

/// A payment that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Outcome.
    pub ended: Ended,
    /// The invoice as it is then.
    pub shown: Shown,
    /// True if something follows at Stripe from the books as they are then.
    pub differs_at_stripe: bool,
}

impl Payments<'_> {
    /// Parts that a payment rests on.
    pub fn parts(id: &InvoiceId) -> Vec<Part> {
        let (invoice, paying) = (Part::Invoice(id.clone()), Part::Paying(id.clone()));
        vec![Part::Standing, Part::Profile, invoice, paying]
    }

    /// Pays an invoice. `loaded` has the [`Self::parts`].
    ///
    /// # Errors
    /// A rule or Stripe refuses it, or something failed: the same request goes on where it stopped.
    pub async fn pay(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, Loaded),
        new: &NewPayment,
    ) -> Result<Tried, Unpaid> {
        let mut loaded = Some(loaded);
        let again = || Box::pin(self.try_pay(invocation, (account, loaded.take()), new));
        let tried = invocation.retry_conflicts(again).await?;

        let (id, ended) = (&new.invoice, &tried.ended);
        info!(account.id = %account, invoice.id = %id, "payment of invoice {id}: {ended:?}");
        Ok(tried)
    }

    async fn try_pay(
        &self,
        invocation: &Invocation,
        (account, first): (&AccountId, Option<Loaded>),
        new: &NewPayment,
    ) -> Result<Tried, Unpaid> {
        let loaded = match first {
            Some(loaded) => loaded,
            None => self.store.load(invocation, account, &Self::parts(&new.invoice)).await?,
        };
        let no_account = || Unpaid::NoAccount(account.clone());
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let invoice = loaded.invoice(&new.invoice)?;
        let paying = loaded.paying(&new.invoice)?;
        let owner = self.owner(invocation, &standing, invoice.as_ref()).await?;

        let request = invocation.claim().map(|claim| claim.fingerprint.as_str());
        let new_method = new.new_method.as_deref();
        let wish = Wish { method: new.method.as_ref(), request, new_method };
        let open = (invoice.as_ref(), owner);
        match next(open, paying.as_ref(), wish, invocation.now)? {
            Step::Answered(ended) => self.shown(invocation, account, new, (ended, false)).await,
            Step::GoOn(paying) => {
                let is_same = new.method.as_ref().is_none_or(|method| *method == paying.method);
                let tried = Box::pin(self.go_on(invocation, account, (*paying, new))).await?;
                let is_open = matches!(tried.0, Ended::Declined(_) | Ended::Refused);
                // Another card was asked for than the interrupted attempt had: it is tried too.
                if is_open && !is_same {
                    return Err(StoreError::Conflict.into());
                }
                self.shown(invocation, account, new, tried).await
            }
            Step::Begin => {
                let method = self.method(invocation, &loaded, (&standing, new)).await?;
                let token = invocation.entropy.token();
                let token = token.map_err(|error| StoreError::Unavailable(error.to_string()))?;
                let what = (&new.invoice, &method);
                let begun = Paying::begun(paying.as_ref(), what, (token, wish), invocation.now);

                let version = standing.version;
                self.store.begin_paying(invocation, account, (&begun, version)).await?;
                let begun = written(begun);
                let tried = self.attempt(invocation, account, (begun, new)).await?;
                self.shown(invocation, account, new, tried).await
            }
        }
    }

    /// Makes an interrupted attempt again. Where its key cannot be relied on any more, the invoice
    /// is looked at first.
    async fn go_on(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (paying, new): (Paying, &NewPayment),
    ) -> Result<(Ended, bool), Unpaid> {
        let must_look = paying.intent.must_look_first(invocation.now);
        let taken_up = paying.taken_up(invocation.now);
        self.keep(invocation, account, &taken_up).await?;
        let taken_up = written(taken_up);

        if must_look {
            let (applied, ended) = self.look(invocation, &new.invoice).await?;
            if let Some(ended) = ended {
                self.end(invocation, account, &taken_up.with_outcome(ended.clone())).await?;
                return Ok((ended, applied));
            }
        }
        self.attempt(invocation, account, (taken_up, new)).await
    }

    /// Asks Stripe for the payment, applies what came of it, and keeps the outcome. True with it if
    /// something follows at Stripe.
    async fn attempt(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (paying, new): (Paying, &NewPayment),
    ) -> Result<(Ended, bool), Unpaid> {
        let what = (&paying.invoice, &paying.method, new.presence);
        let key = paying.intent.idempotency_key();
        let answer = self.stripe.pay_invoice(invocation, what, key).await;
        let settled = match answer {
            Ok(Payment::Taken(read)) => {
                let ended = taken(&read.fact);
                let applied = self.facts.apply(invocation, &read.fact).await;
                applied.map(|applied| (ended, follows(&applied))).map_err(Unpaid::from)
            }
            Ok(Payment::Declined(refusal)) => {
                self.declined(invocation, &paying.invoice, &refusal).await
            }
            Ok(Payment::Refused(refusal)) => {
                self.end(invocation, account, &paying.with_outcome(Ended::Refused)).await?;
                return self.refused(invocation, account, (&paying, refusal)).await;
            }
            Err(error) => Err(error.into()),
        };

        match settled {
            Ok((ended, follows)) => {
                self.end(invocation, account, &paying.with_outcome(ended.clone())).await?;
                Ok((ended, follows))
            }
            Err(error) => {
                let left = if is_spent(&error) {
                    paying.spent(invocation.now)
                } else {
                    paying.let_go(invocation.now)
                };
                self.end(invocation, account, &left).await?;
                Err(error)
            }
        }
    }

    /// The payment was declined: the books learn of the failure as by its event, at the time of the
    /// attempt. An invoice that was paid meanwhile is paid.
    async fn declined(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
        refusal: &Refusal,
    ) -> Result<(Ended, bool), Unpaid> {
        let read = self.stripe.printed_invoice(invocation, id).await?;
        let (fact, printed) = read.ok_or(Unpaid::Refused(Refused::Unknown))?;
        let code = refusal.decline_code.as_ref().or(refusal.code.as_ref());
        let code = code.map_or("", String::as_str);
        let needs_action = asks_for_action(code);

        let paid = is_paid(&fact);
        let fact = if paid { fact } else { failed(fact, &printed, needs_action) };
        let applied = self.facts.apply(invocation, &fact).await?;
        let shown = if needs_action {
            decline::shown(decline::Refusal::NeedsAction)
        } else {
            decline::shown(decline::Refusal::Code(code))
        };
        let ended = if paid { Ended::Paid } else { Ended::Declined(shown.to_owned()) };
        Ok((ended, follows(&applied)))
    }

    /// Stripe did not try. If the invoice is not as our books had it, the same is decided on what
    /// it is; else Stripe's own words are the answer.
    async fn refused(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (paying, refusal): (&Paying, Refusal),
    ) -> Result<(Ended, bool), Unpaid> {
        if refusal.param.as_deref() == Some("payment_method") {
            return Err(Unpaid::Method(refusal));
        }
        self.look(invocation, &paying.invoice).await?;

        let parts = Self::parts(&paying.invoice);
        let loaded = self.store.load(invocation, account, &parts).await?;
        let invoice = loaded.invoice(&paying.invoice)?;
        let wish = Wish { method: None, request: None, new_method: None };
        next((invoice.as_ref(), Owner::Ours), None, wish, invocation.now)?;
        Err(Unpaid::ByStripe(refusal))
    }

    /// Reads an invoice with its payments and applies it. Says whether something follows at Stripe,
    /// and the outcome where there is one.
    async fn look(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<(bool, Option<Ended>), Unpaid> {
        let Some(fact) = self.stripe.invoice(invocation, id).await? else {
            return Ok((false, None));
        };
        let applied = self.facts.apply(invocation, &fact).await?;
        Ok((follows(&applied), outcome_of(&fact)))
    }

    /// Payment method to charge: the one that is wanted, the customer's default, or that of the
    /// invoice's subscription (money rule 9).
    async fn method(
        &self,
        invocation: &Invocation,
        loaded: &Loaded,
        (standing, new): (&Standing, &NewPayment),
    ) -> Result<PaymentMethodId, Unpaid> {
        if let Some(method) = &new.method {
            return Ok(method.clone());
        }
        let customer = loaded.profile()?.and_then(|profile| profile.customer);
        let customer = customer.ok_or(Unpaid::NoMethod)?;
        let default = self.stripe.default_method(invocation, &customer).await?;
        let own = || standing.live_subscription()?.payment_method.clone();
        default.map(|method| method.id).or_else(own).ok_or(Unpaid::NoMethod)
    }

    /// Owner of the invoice. Where the standing does not know, the subscriptions are read.
    async fn owner(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        invoice: Option<&Invoice>,
    ) -> Result<Owner, Unpaid> {
        let Some(invoice) = invoice else { return Ok(Owner::Unknown) };
        let owner = standing.owner_of(invoice, &[]);
        if owner != Owner::Unknown || !standing.must_know_owner(invoice) {
            return Ok(owner);
        }
        let books = self.store.books_of_subscriptions(invocation, &standing.account).await?;
        let known = books.map(|books| books.subscriptions).unwrap_or_default();
        Ok(standing.owner_of(invoice, &known.values().collect::<Vec<_>>()))
    }

    /// The invoice behind an outcome. What Stripe shows of it is read where the payment was
    /// declined: it says why, and what comes next.
    async fn shown(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        new: &NewPayment,
        (ended, differs_at_stripe): (Ended, bool),
    ) -> Result<Tried, Unpaid> {
        let id = &new.invoice;
        let loaded = self.store.load(invocation, account, &Shows::parts(id)).await?;
        let command = Shows { store: self.store, stripe: self.stripe, facts: self.facts };
        let shown = match &ended {
            Ended::Paid | Ended::Processing => Shows::of_books((account, &loaded), id)?,
            Ended::Declined(_) | Ended::Refused => {
                command.show(invocation, (account, &loaded), id).await?
            }
        };
        Ok(Tried { ended, shown, differs_at_stripe })
    }

    async fn keep(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        paying: &Paying,
    ) -> Result<(), StoreError> {
        self.store.keep(invocation, account, &[Write::Paying(paying.clone())]).await
    }

    /// Keeps what became of an attempt. Whoever took it up meanwhile keeps that.
    async fn end(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        paying: &Paying,
    ) -> Result<(), StoreError> {
        match self.keep(invocation, account, paying).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The payment as it is read back once it is written.
fn written(paying: Paying) -> Paying {
    Paying { version: paying.version.saturating_add(1), ..paying }
}

fn follows(applied: &Applied) -> bool {
    applied.differs_at_stripe
}

/// True if Stripe would only repeat its failure under the same key.
fn is_spent(error: &Unpaid) -> bool {
    matches!(error, Unpaid::Stripe(error) if error.would_be_repeated())
}
