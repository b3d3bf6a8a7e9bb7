//! Laws of the statement of account: whatever happened, opening, movements and closing add up, to
//! the cent, and the closing is what the account shows as owed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::World;
use super::history::{history, shuffled};
use crate::explain::per_currency;
use crate::fact::Fact;
use crate::ids::InvoiceId;
use crate::journal::{Cause, CauseKind, Record};
use crate::listing::Range;
use crate::money::Money;
use crate::statement::{Books, InCurrency, receivables, statement};
use crate::time::Timestamp;

/// An account after a history, with its journal, newest first.
struct Told {
    world: World,
    records: Vec<Record>,
}

impl Told {
    /// Each fact is recorded a second behind the one before.
    fn of(facts: &[Fact]) -> Self {
        let mut told = Self { world: World::new(10), records: Vec::new() };
        for (second, fact) in facts.iter().enumerate() {
            let at = Timestamp(1_000 + i64::try_from(second).unwrap());
            let Some(change) = told.world.tell(fact, at) else { continue };
            let cause = Cause::new(CauseKind::StripeEvent, "evt");
            let sequence = u64::try_from(second).unwrap();
            let record = Record { at, sequence, cause, entries: change.entries, first: None };
            told.records.insert(0, record);
        }
        told
    }

    fn outstanding(&self) -> Vec<Money> {
        let open = self.world.standing.outstanding();
        per_currency(open.map(|(_, entry)| entry.remaining)).unwrap()
    }

    fn within(&self, from: Timestamp, to: Timestamp) -> Vec<InCurrency> {
        self.with_books(from, |books| statement(books, Range { from, to }).unwrap())
    }

    /// Money that was owed at a time, by invoice, added up by currency.
    fn owed_at(&self, at: Timestamp) -> Vec<Money> {
        let open = self.world.standing.outstanding();
        let now = open.map(|(id, entry)| (id.clone(), entry.remaining)).collect();
        let owed = self.with_books(at, |books| receivables(books, now, at).unwrap());
        per_currency(owed.into_values()).unwrap()
    }

    fn with_books<T>(&self, from: Timestamp, make: impl FnOnce(Books<'_>) -> T) -> T {
        let counted: BTreeSet<&InvoiceId> =
            self.world.standing.outstanding().map(|(id, _)| id).collect();
        let open = self.world.standing.open.keys();
        let uncounted = open.filter(|id| !counted.contains(id)).cloned().collect();
        let since = self.records.iter().filter(|record| record.at >= from);
        let records: Vec<Record> = since.cloned().collect();
        let books = Books {
            records: &records,
            invoices: &self.world.invoices,
            receipts: &std::collections::BTreeMap::new(),
            outstanding: &self.outstanding(),
            prepaid: &[],
            uncounted: &uncounted,
        };
        make(books)
    }
}

fn adds_up(statement: &InCurrency) -> bool {
    let balance = &statement.receivable;
    let sum = balance.sum(|_| true).unwrap();
    let last = balance.lines.last().map_or(balance.opening, |line| line.balance);
    balance.opening.plus(sum.amount) == Ok(balance.closing) && last == balance.closing
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    /// Goal: from the first entry on, movements alone come to what is owed; whichever way a time is
    /// cut in two, the closing of the one part is the opening of the other.
    #[test]
    fn opening_and_movements_come_to_what_is_owed(
        facts in history(),
        seed in any::<u64>(),
        cut in 0..40_i64,
    ) {
        let told = Told::of(&shuffled(&facts, seed));
        let cut = Timestamp(1_000 + cut);

        let whole = told.within(Timestamp::MIN, Timestamp::MAX);
        let before = told.within(Timestamp::MIN, cut);
        let behind = told.within(cut.plus_seconds(1), Timestamp::MAX);

        let owed = told.outstanding();
        for part in [&whole, &before, &behind] {
            prop_assert!(part.iter().all(adds_up), "{part:?}");
        }
        for sum in &owed {
            prop_assert!(whole.iter().any(|it| it.receivable.closing == *sum), "{sum} {whole:?}");
        }
        for it in &whole {
            prop_assert_eq!(it.receivable.opening.amount, 0, "{:?}", it);
            let now = owed.iter().find(|sum| sum.currency == it.currency).map_or(0, |it| it.amount);
            prop_assert_eq!(it.receivable.closing.amount, now);
        }
        let middle = |part: &[InCurrency], is_closing: bool| {
            let balance = |it: &InCurrency| {
                if is_closing { it.receivable.closing } else { it.receivable.opening }
            };
            let balances = part.iter().map(balance);
            let sums: BTreeSet<Money> = balances.filter(|it| it.amount != 0).collect();
            sums
        };
        prop_assert_eq!(middle(&before, true), middle(&behind, false));
        let by_invoice: BTreeSet<Money> = told.owed_at(cut).into_iter().collect();
        let by_invoice: BTreeSet<Money> =
            by_invoice.into_iter().filter(|sum| sum.amount != 0).collect();
        prop_assert_eq!(middle(&before, true), by_invoice);
    }
}
