//! `/billing/{id}/alerts`: the alert, set and removed, and what it told.

use alerts_commands::threshold::{AlertRead, GivenThreshold, ThresholdFailure, Thresholds};
use auth::{NotAdmitted, Visitor, problem};
use billing::ids::AccountId;
use billing::invoice::Invoice;
use billing::money::{Currency, Money};
use billing::words::Word;
use invocation::Invocation;
use messages::page::Done;
use pages::alerts::{Alerts, Past};
use runtime::{Problem, Request, Response};

use crate::answer::{html, see_other};
use crate::form::{text, typed};
use crate::problem::{field, no_forecast};
use crate::seen::Again;
use crate::{Dashboard, LANGUAGE};

impl Dashboard {
    pub(crate) async fn alerts(
        &self,
        invocation: &Invocation,
        request: &Request,
        again: Again,
    ) -> Result<Response, NotAdmitted> {
        let mut more = forecast::parts(invocation.now);
        more.extend(Thresholds::parts());
        let visitor = self.admit(invocation, request, more).await?;
        let seen = self.seen(invocation, &visitor, (request, again)).await?;
        let (id, loaded) = (&visitor.account, &visitor.caller.loaded);

        let upcoming = Box::pin(self.forecast.upcoming(invocation, loaded)).await;
        let upcoming = upcoming.map_err(|error| no_forecast(error, id))?;
        let watch = loaded.watch().map_err(|error| problem(&error))?;
        let read = self.thresholds().with_invoices(invocation, id, watch).await;
        let AlertRead { watch, invoices } = read.map_err(|error| problem(&error))?;
        let history = self.thresholds().history(invocation, id).await;
        let history = history.map_err(|error| problem(&error))?;

        let page = Alerts {
            threshold: watch.threshold.map(|threshold| threshold.amount),
            currency: self.catalog.currency,
            upcoming,
            recent: invoices.iter().filter_map(past).collect(),
            history,
        };
        Ok(html(seen.status, page.page(&seen.frame)))
    }

    pub(crate) async fn set_alert(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| Thresholds::parts();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;
        let typed = typed(request)?;
        let currency = Currency::parse(text(&typed, "currency"));
        let currency = currency.map_err(|_| field("amount", "An amount is expected."))?;
        let amount = Money::typed(text(&typed, "amount"), currency);
        let amount = amount.map_err(|error| field("amount", format!("Here {error}.")))?;

        let given =
            GivenThreshold { amount: Some(amount.amount), currency: currency.as_str().to_owned() };
        let set = self.thresholds().set(invocation, (&account, caller.loaded), &given).await;
        set.map_err(failed)?;

        let done = Done::AlertSaved.word();
        Ok(see_other(&format!("/billing/{account}/alerts?done={done}")))
    }

    pub(crate) async fn remove_alert(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, NotAdmitted> {
        let parts = |_: &AccountId| Thresholds::parts();
        let visitor = auth::writing_visitor(invocation, &self.store, request, parts).await?;
        let Visitor { account, caller, .. } = visitor;

        let removed = self.thresholds().remove(invocation, (&account, caller.loaded)).await;
        removed.map_err(failed)?;

        let done = Done::AlertRemoved.word();
        Ok(see_other(&format!("/billing/{account}/alerts?done={done}")))
    }

    fn thresholds(&self) -> Thresholds<'_> {
        Thresholds { store: &self.store, currency: self.catalog.currency }
    }
}

fn past(invoice: &Invoice) -> Option<Past> {
    let terms = invoice.terms.as_ref()?;
    Some(Past {
        id: invoice.id.to_string(),
        number: terms.number.clone().unwrap_or_else(|| invoice.id.to_string()),
        created: terms.created,
        total: Money::new(terms.total, invoice.currency),
    })
}

fn failed(failure: ThresholdFailure) -> Problem {
    match failure {
        ThresholdFailure::NoAccount(_) => Problem::not_found("account"),
        ThresholdFailure::Store(error) => problem(&error),
        ThresholdFailure::Refused(refusal) => field("amount", LANGUAGE.alert_refused(&refusal)),
    }
}
