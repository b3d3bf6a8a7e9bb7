//! Bank accounts of the vendor's.

use std::collections::BTreeSet;

use super::Check;
use crate::{BankAccount, raw};

impl Check<'_> {
    /// Bank accounts, one for each currency.
    pub(super) fn bank_accounts(&mut self, raw: Vec<raw::BankAccount>) -> Option<Vec<BankAccount>> {
        let mut known = BTreeSet::new();
        let mut accounts = Vec::new();
        for raw in raw {
            let (span, currency) = (raw.currency.span(), self.currency(&raw.currency));
            if currency.is_some_and(|currency| !known.insert(currency)) {
                self.complain(span, "there are two bank accounts of this currency".to_owned());
            }
            accounts.push(BankAccount {
                currency: currency?,
                holder: self.text(raw.holder, "holder"),
                account: self.text(raw.account, "account"),
                bank_code: self.text(raw.bank_code, "bank code"),
                bank: self.text(raw.bank, "bank"),
                reference: self.text(raw.reference, "reference"),
            });
        }
        Some(accounts)
    }
}
