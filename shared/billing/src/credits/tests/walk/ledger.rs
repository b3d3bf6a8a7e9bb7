//! The model's ledger: pages and tail, and that order and balance of what is shown never change.

use std::collections::BTreeMap;

use super::World;
use crate::credits::ledger::LedgerKind;
use crate::credits::pages::{LedgerChange, balances};
use crate::month::Day;

impl World {
    pub(super) fn tail_as_read(&self, change: &LedgerChange) -> bool {
        change.turn.as_ref().is_none_or(|turn| turn.tail == self.credits.tail)
    }

    pub(super) fn change_ledger(&mut self, change: &LedgerChange) {
        if let Some(turn) = &change.turn {
            self.pages.extend(turn.page());
            for (day, tokens) in turn.tail.used() {
                *self.used.entry(day).or_default() += tokens;
            }
            self.credits.tail.paged = turn.tail.len();
            self.credits.tail.entries.clear();
            self.credits.counted.included.retain(|month, _| !turn.forgotten.contains(month));
        }
        self.credits.tail.entries.extend(change.added.clone());
    }

    /// Each entry stands where it was committed, with the balance that it was committed at; and
    /// what deductions used is what they took (XB3, XB6).
    pub(super) fn check_ledger(&self, seed: u64) {
        let tail = self.credits.tail.page(self.credits.counted.balance());
        let mut shown = Vec::new();
        let mut first = 1;
        for page in self.pages.iter().cloned().chain(tail) {
            assert_eq!(page.first, first, "seed {seed}: a page is out of its place");
            first = page.behind();
            let tokens: Vec<i64> = page.ids.iter().map(|id| self.ledger[id].tokens).collect();
            shown.extend(page.ids.into_iter().zip(balances(&tokens, page.balance)));
        }
        assert_eq!(shown, self.committed, "seed {seed}: order and balances");

        let mut used = self.used.clone();
        for (day, tokens) in self.credits.tail.used() {
            *used.entry(day).or_default() += tokens;
        }
        let mut taken: BTreeMap<Day, i64> = BTreeMap::new();
        for entry in self.ledger.values().filter(|it| it.kind == LedgerKind::Deduction) {
            *taken.entry(Day::of(entry.at)).or_default() += entry.asked();
        }
        taken.retain(|_, tokens| *tokens != 0);
        assert_eq!(used, taken, "seed {seed}: what deductions used");
    }
}
