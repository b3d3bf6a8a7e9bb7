//! Prepaid money in a customer's balance at Stripe: which invoice used which prepayment (A14, money
//! rule 21).
//!
//! Stripe's balance is one number, and other things move it too: prorations, credit notes, sums
//! below its minimum. So its ledger is replayed as a whole, each time: credits are lots, and what
//! takes from the balance takes from the oldest lot.

use std::collections::BTreeMap;

use crate::ids::InvoiceId;
use crate::money::Currency;
use crate::receipt::Applied;
use crate::time::Timestamp;

/// Entry of a customer's balance at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Minor units: negative gives the customer credit, positive takes it, as Stripe has it.
    pub amount: i64,
    /// Currency.
    pub currency: Currency,
    /// The invoice that it is about.
    pub invoice: Option<InvoiceId>,
    /// It gives back what a void invoice had taken.
    pub gives_back: bool,
    /// Our receipt, by our mark: its prepayment, or the reversal of that.
    pub receipt: Option<String>,
    /// Time.
    pub at: Timestamp,
}

/// Credit of a customer that is not used yet.
#[derive(Debug)]
struct Lot {
    receipt: Option<String>,
    left: i64,
}

/// The balance in one currency, as far as it was replayed.
#[derive(Debug, Default)]
struct Balance {
    lots: Vec<Lot>,
    /// Minor units that the customer owes.
    debt: i64,
    applied: BTreeMap<String, Vec<Applied>>,
}

/// Uses of each receipt's prepayment, by the whole ledger of a customer, oldest first.
pub fn replay(movements: &[Movement]) -> BTreeMap<String, Vec<Applied>> {
    let mut balances: BTreeMap<Currency, Balance> = BTreeMap::new();
    for movement in movements {
        let balance = balances.entry(movement.currency).or_default();
        if movement.amount < 0 {
            balance.gain(movement);
        } else {
            balance.lose(movement);
        }
    }
    balances.into_values().flat_map(|balance| balance.applied).collect()
}

impl Balance {
    fn gain(&mut self, movement: &Movement) {
        let mut left = movement.amount.saturating_neg();
        if movement.gives_back {
            left = self.give_back(movement.invoice.as_ref(), left);
        }
        let owed = self.debt.min(left);
        self.debt = self.debt.saturating_sub(owed);
        if let Some(receipt) = &movement.receipt {
            self.apply(&receipt.clone(), (None, owed), movement.at);
        }
        let left = left.saturating_sub(owed);
        self.lots.push(Lot { receipt: movement.receipt.clone(), left });
    }

    /// Gives back to the prepayments what an invoice had used of them. Minor units that it had used
    /// of other credit.
    fn give_back(&mut self, invoice: Option<&InvoiceId>, amount: i64) -> i64 {
        let mut left = amount;
        for (receipt, uses) in &mut self.applied {
            for used in uses.iter_mut().filter(|used| used.invoice.as_ref() == invoice) {
                let back = used.amount.min(left);
                used.amount = used.amount.saturating_sub(back);
                left = left.saturating_sub(back);
                self.lots.insert(0, Lot { receipt: Some(receipt.clone()), left: back });
            }
            uses.retain(|used| used.amount > 0);
        }
        left
    }

    fn lose(&mut self, movement: &Movement) {
        let mut left = movement.amount;
        // A reversal takes its own prepayment.
        if let Some(receipt) = &movement.receipt {
            for lot in self.lots.iter_mut().filter(|lot| lot.receipt.as_ref() == Some(receipt)) {
                let taken = lot.left.min(left);
                lot.left = lot.left.saturating_sub(taken);
                left = left.saturating_sub(taken);
            }
        }
        let mut uses: Vec<(String, i64)> = Vec::new();
        for lot in &mut self.lots {
            let taken = lot.left.min(left);
            lot.left = lot.left.saturating_sub(taken);
            left = left.saturating_sub(taken);
            uses.extend(lot.receipt.clone().map(|receipt| (receipt, taken)));
        }
        for (receipt, taken) in uses {
            self.apply(&receipt, (movement.invoice.as_ref(), taken), movement.at);
        }
        self.lots.retain(|lot| lot.left > 0);
        self.debt = self.debt.saturating_add(left);
    }

    fn apply(
        &mut self,
        receipt: &str,
        (invoice, amount): (Option<&InvoiceId>, i64),
        at: Timestamp,
    ) {
        if amount > 0 {
            let used = Applied { invoice: invoice.cloned(), amount, at };
            self.applied.entry(receipt.to_owned()).or_default().push(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(amount: i64, about: &str) -> Movement {
        let (invoice, receipt) = match about.split_once(':') {
            Some(("in", id)) => (InvoiceId::parse(id).ok(), None),
            Some(("r", id)) => (None, Some(id.to_owned())),
            _ => (None, None),
        };
        let currency = Currency::parse("eur").unwrap();
        Movement { amount, currency, invoice, gives_back: false, receipt, at: Timestamp(1) }
    }

    fn uses(movements: &[Movement], receipt: &str) -> Vec<(Option<String>, i64)> {
        let applied = replay(movements).remove(receipt).unwrap_or_default();
        applied.into_iter().map(|it| (it.invoice.map(|id| id.to_string()), it.amount)).collect()
    }

    /// Goal: invoices use the oldest credit first, whoever gave it; prepayments among it keep their
    /// own count.
    #[test]
    fn the_oldest_credit_is_used_first() {
        let ledger = [
            movement(-20, "proration"),
            movement(-100, "r:a"),
            movement(50, "in:in_1"),
            movement(-40, "r:b"),
            movement(100, "in:in_2"),
        ];
        let paid = |id: &str, amount| (Some(id.to_owned()), amount);
        assert_eq!(uses(&ledger, "a"), [paid("in_1", 30), paid("in_2", 70)]);
        assert_eq!(uses(&ledger, "b"), [paid("in_2", 30)]);
    }

    /// Goal: a void invoice gives back, a debt is paid first, a reversal takes its own.
    #[test]
    fn what_comes_back_can_be_used_again() {
        let mut back = movement(-30, "in:in_1");
        back.gives_back = true;
        let ledger = [movement(-100, "r:a"), movement(30, "in:in_1"), back, movement(80, "r:a")];
        assert_eq!(uses(&ledger, "a"), []);

        let in_debt = [movement(5, "too small"), movement(-100, "r:a"), movement(200, "in:in_2")];
        assert_eq!(uses(&in_debt, "a"), [(None, 5), (Some("in_2".to_owned()), 95)]);
    }
}
