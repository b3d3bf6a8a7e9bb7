//! The table as it is, read past the gate.

use std::collections::BTreeMap;

use billing::account::Standing;
use billing::credits::Credits;
use billing::credits::holds::Hold;
use billing::credits::ledger::LedgerEntry;
use billing::credits::purchase::Purchase;
use billing::credits::reservation::{Reservation, ReservationStatus};
use billing::time::Timestamp;
use store::keys;

use super::History;
use crate::world::TABLE;

/// All that is kept of an account's credits.
pub(super) struct Table {
    pub(super) standing: Standing,
    pub(super) credits: Credits,
    pub(super) entries: BTreeMap<String, LedgerEntry>,
    pub(super) purchases: BTreeMap<String, Purchase>,
    pub(super) reservations: BTreeMap<String, Reservation>,
}

impl History {
    /// Everything of the table's one account.
    pub(super) async fn table(&self) -> Table {
        let scan = self.table.scan().table_name(TABLE).consistent_read(true);
        let pages = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let (mut standing, mut credits) = (None, Credits::default());
        let (mut entries, mut purchases) = (BTreeMap::new(), BTreeMap::new());
        let mut reservations = BTreeMap::new();
        for item in pages.unwrap() {
            let entity = item.get(keys::ENTITY).and_then(|it| it.as_s().ok());
            match entity.map(String::as_str) {
                Some("standing") => standing = Some(store::standing::read(&item).unwrap()),
                Some("credits") => credits = store::credits::read(Some(&item)).unwrap(),
                Some("credit") => {
                    let (entry, _) = store::credits::read_entry(&item).unwrap();
                    entries.insert(entry.id.clone(), entry);
                }
                Some("purchase") => {
                    let purchase = store::credits::read_purchase(&item).unwrap();
                    purchases.insert(purchase.id.to_string(), purchase);
                }
                Some("reservation") => {
                    let reservation = store::credits::read_reservation(&item).unwrap();
                    reservations.insert(reservation.id.clone(), reservation);
                }
                _ => {}
            }
        }
        let now = self.cloud.clock().now();
        let credits = without_expired(credits, &reservations, now);
        Table { standing: standing.unwrap(), credits, entries, purchases, reservations }
    }
}

/// The numbers of now, by the reservations that are kept.
fn without_expired(
    credits: Credits,
    reservations: &BTreeMap<String, Reservation>,
    now: Timestamp,
) -> Credits {
    let Some((after, until)) = credits.lapsing(now) else { return credits };
    let open = reservations.values().filter(|it| it.status == ReservationStatus::Open);
    let is_over = |it: &&Reservation| after.is_none_or(|at| at < it.ends_at) && it.ends_at <= until;
    let holds = open.filter(is_over).map(|it| Hold { held: it.held, month: it.month });
    credits.with_lapsed(&holds.collect::<Vec<_>>(), None, until)
}
