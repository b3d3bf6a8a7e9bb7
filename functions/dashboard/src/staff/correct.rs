//! Corrections that staff make on the desk: of counted usage, and of invoices by credit notes.

use billing::crediting::{NoteRefusal, NoteRequest};
use billing::ids::AccountId;
use billing::invoice::Invoice;
use billing::listing::{Range, Wanted};
use billing::money::{Currency, Money};
use billing::usage::correction::{CorrectionRefusal, CorrectionRequest};
use billing::words::Word;
use invocation::Invocation;
use messages::page::Refusal;
use pages::form::Typed;
use payments_commands::{CreditNotes, GivenFields, Lister, Window};
use runtime::Problem;
use store::Loaded;
use stripe_sync::Interrupted;
use usage_commands::{Corrections, GivenCorrection, NotCorrected};

use crate::form::text;
use crate::problem::{field, of, plans_failed};
use crate::{Dashboard, LANGUAGE};

/// Characters of a fingerprint in an id.
pub(super) const ID_CHARACTERS: usize = 32;
/// Invoices among which one is chosen for a credit note.
const INVOICES: usize = 50;

impl Dashboard {
    /// Resources whose counted usage can be corrected, with their names: those that deductions of
    /// credits do not meter.
    pub(super) fn correctable_resources(&self) -> Vec<(String, String)> {
        let deducted = self.catalog.credit_resource().map(|resource| resource.id.clone());
        let resources = self.catalog.resources.iter();
        let resources = resources.filter(|it| Some(&it.id) != deducted.as_ref());
        resources.map(|it| (it.id.clone(), it.name.clone())).collect()
    }

    pub(super) async fn correct_usage(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &CorrectionRequest,
    ) -> Result<(), Problem> {
        let command = Corrections { store: &self.store, catalog: &self.catalog };
        let corrected = Box::pin(command.correct(invocation, account, request)).await;
        corrected.map(drop).map_err(|error| not_corrected(error, account))
    }

    /// The latest invoices, with words for each.
    pub(super) async fn creditable_invoices(
        &self,
        invocation: &Invocation,
        about: (&AccountId, &Loaded),
    ) -> Result<Vec<(String, String)>, Problem> {
        let wanted = Wanted { status: None, kind: None, range: Range::default() };
        let window = Window { wanted, behind: None, limit: INVOICES };
        let listed = Lister { store: &self.store }.list(invocation, about, window).await;
        let listed = listed.map_err(|failure| crate::invoices::not_listed(&failure))?;
        Ok(listed.invoices.iter().map(in_words).collect())
    }

    pub(super) async fn give_note(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        request: &NoteRequest,
    ) -> Result<(), Problem> {
        let (store, stripe, facts) = (&self.store, &self.stripe, &self.facts);
        let notes = CreditNotes { store, stripe, facts };
        let given = Box::pin(notes.give(invocation, account, request)).await;
        given.map(drop).map_err(|stopped| not_given(stopped, account))
    }
}

/// An invoice by its id, with its number, total and status.
fn in_words(invoice: &Invoice) -> (String, String) {
    let terms = invoice.terms.as_ref();
    let number = terms.and_then(|terms| terms.number.clone());
    let total = Money::new(terms.map_or(0, |terms| terms.total), invoice.currency);
    let status = invoice.status.map_or("", Word::word);
    let number = number.unwrap_or_else(|| invoice.id.to_string());
    (invoice.id.to_string(), format!("{number}, {}, {status}", LANGUAGE.money(total)))
}

pub(super) fn correction(
    invocation: &Invocation,
    typed: &Typed,
    reason: String,
) -> Result<CorrectionRequest, Problem> {
    let quantity = text(typed, "quantity").replace('−', "-").replace([',', ' '], "");
    let quantity = quantity.parse::<i64>();
    let quantity = quantity.map_err(|_| field("quantity", "A whole number is expected."))?;
    let day = Some(text(typed, "day").to_owned()).filter(|day| !day.is_empty());
    let given = GivenCorrection {
        period: text(typed, "period").to_owned(),
        resource: text(typed, "resource").to_owned(),
        quantity,
        reason,
        day,
    };
    let claim = invocation.claim().map(|claim| claim.fingerprint.as_str());
    let id = claim.and_then(|fingerprint| fingerprint.get(..ID_CHARACTERS)).unwrap_or_default();
    given.checked((format!("cor_{id}"), invocation.actor_id()))
}

pub(super) fn note(
    invocation: &Invocation,
    typed: &Typed,
    reason: String,
) -> Result<NoteRequest, Problem> {
    let currency = Currency::parse(text(typed, "currency"));
    let currency = currency.map_err(|_| field("currency", "Three letters are expected."))?;
    let amount = Money::typed(text(typed, "amount"), currency);
    let amount = amount.map_err(|error| field("amount", format!("Here {error}.")))?;
    let given = |name: &str| Some(text(typed, name).to_owned()).filter(|text| !text.is_empty());
    let fields = GivenFields {
        invoice: text(typed, "invoice").to_owned(),
        amount: Some(amount),
        lines: None,
        reason,
        after_payment: given("after_payment"),
        memo: given("memo"),
    };
    let claim = invocation.claim().map(|claim| claim.fingerprint.as_str());
    let id = claim.and_then(|fingerprint| fingerprint.get(..ID_CHARACTERS)).unwrap_or_default();
    fields.checked(format!("note_{id}"))
}

fn not_given(stopped: Interrupted<NoteRefusal>, account: &AccountId) -> Problem {
    let refused = |refusal: NoteRefusal| {
        let detail = LANGUAGE.note_refused(&refusal).detail;
        match refusal {
            NoteRefusal::UnknownInvoice | NoteRefusal::NotCreditable(_) => field("invoice", detail),
            NoteRefusal::OtherCurrency(_) => field("currency", detail),
            NoteRefusal::AboveCreditable(_)
            | NoteRefusal::UnknownLine(_)
            | NoteRefusal::AboveLine(_)
            | NoteRefusal::DiscountedLine(_) => field("amount", detail),
            NoteRefusal::PaymentInProgress => Problem::new(409, "payment_in_progress", detail),
            NoteRefusal::KeyReused => of(409, "idempotency_key_reused", &Refusal::FormReused),
            NoteRefusal::ByStripe(_) => Problem::new(409, "refused_by_stripe", detail),
        }
    };
    plans_failed(stopped.map_refused(refused), account)
}

fn not_corrected(error: NotCorrected, account: &AccountId) -> Problem {
    let refusal = match error {
        NotCorrected::NoAccount => return Problem::not_found("account"),
        NotCorrected::Store(error) => return auth::problem(&error),
        NotCorrected::Refused(refusal) => refusal,
    };
    let detail = LANGUAGE.correction_refused(&refusal, account).detail;
    match refusal {
        CorrectionRefusal::UnknownResource | CorrectionRefusal::MeteredByDeductions => {
            field("resource", detail)
        }
        CorrectionRefusal::NotBegun => field("period", detail),
        CorrectionRefusal::DayOutside | CorrectionRefusal::DayOfGauge => field("day", detail),
        CorrectionRefusal::BeyondCounted { .. } | CorrectionRefusal::OverLimit { .. } => {
            field("quantity", detail)
        }
        CorrectionRefusal::OtherContent => of(409, "idempotency_key_reused", &Refusal::FormReused),
        CorrectionRefusal::Moving => Problem::unavailable(),
        CorrectionRefusal::ParentAccount => Problem::new(409, "parent_account", detail),
        CorrectionRefusal::Invoiced(_) => Problem::new(409, "month_invoiced", detail),
        CorrectionRefusal::Closed => Problem::new(409, "month_closed", detail),
    }
}
