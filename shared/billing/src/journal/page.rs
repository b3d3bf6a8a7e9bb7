//! Pages of a journal: its entries, newest first, and the place at which the next page begins.

use std::collections::BTreeMap;
use std::fmt;

use super::topic::Topic;
use super::{Cause, Entry, Kind, Record};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::time::Timestamp;

/// An entry with what its record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Time of the commit.
    pub at: Timestamp,
    /// Cause of the commit.
    pub cause: Cause,
    /// Number of the entry among the account's, where entries are numbered.
    pub sequence: Option<u64>,
    /// The entry.
    pub entry: Entry,
    /// The entry with invoices by the numbers that people know, for sentences.
    pub named: Entry,
}

impl Recorded {
    /// One of the entries of a record.
    pub fn of(record: &Record, entry: &Entry) -> Self {
        let place = record.entries.iter().position(|it| std::ptr::eq(it, entry));
        Self {
            at: record.at,
            cause: record.cause.clone(),
            sequence: place.and_then(|place| record.number_of(place)),
            entry: entry.clone(),
            named: entry.clone(),
        }
    }

    /// Ids of invoices that the entry names.
    pub fn invoices(&self) -> impl Iterator<Item = InvoiceId> + '_ {
        let ids = self.entry.about.iter().chain(&self.entry.because);
        ids.filter_map(|id| InvoiceId::parse(id).ok())
    }

    /// The same as the people of a sub-account see it whose parent pays; none where they see
    /// nothing of it.
    pub fn for_paid_by_parent(&self) -> Option<Self> {
        let (entry, named) = (self.entry.for_paid_by_parent()?, self.named.for_paid_by_parent()?);
        Some(Self { entry, named, ..self.clone() })
    }

    /// The same with invoices by their numbers, as far as they have some.
    #[must_use]
    pub fn naming(self, invoices: &BTreeMap<InvoiceId, Invoice>) -> Self {
        let name = |id: &String| {
            let known = InvoiceId::parse(id).ok().and_then(|id| invoices.get(&id));
            let number = known.and_then(|it| it.terms.as_ref()?.number.clone());
            number.unwrap_or_else(|| id.clone())
        };
        let about = self.entry.about.as_ref().map(name);
        let because = self.entry.because.iter().map(name).collect();
        Self { named: Entry { about, because, ..self.entry.clone() }, ..self }
    }
}

/// Place at which a page begins: behind some entries of the records in front of that time and
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Time of the record that the page's records come behind.
    pub at: Timestamp,
    /// Number of that record.
    pub sequence: u64,
    /// Entries of the page's first record that an earlier page has.
    pub skip: usize,
}

impl Cursor {
    /// The cursor that a text is; none when it is no cursor of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let (at, sequence, skip) = (parts.next()??, parts.next()??, parts.next()??);
        let skip = usize::try_from(skip).ok()?;
        Some(Self { at: Timestamp(at.into()), sequence: sequence.into(), skip })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.0, self.sequence, self.skip)
    }
}

/// A page of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its entries, newest first.
    pub entries: Vec<Recorded>,
    /// Place of the next page; none on the last.
    pub next: Option<Cursor>,
}

/// Records that a page is filled from, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// The records: one more than the page has entries, because the first may be used up.
    pub all: &'a [Record],
    /// True if the journal has older ones.
    pub more: bool,
}

/// Entries that a reader of a journal asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Id of the object that the entries are about; none for every object.
    pub about: Option<String>,
    /// Kind of the entries; none for every kind.
    pub kind: Option<Kind>,
    /// Topic of the entries; none for every topic.
    pub topic: Option<Topic>,
    /// Entries that were recorded from then on.
    pub since: Option<Timestamp>,
    /// Which entries of the books' own work are shown.
    pub detail: Detail,
}

/// Detail in which a journal is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// What happened to the account ([`Entry::for_customer`]).
    #[default]
    Account,
    /// Everything, as it was recorded.
    Raw,
}

impl Filter {
    /// The entry as the reader sees it; none for one that is not asked for.
    pub fn sees(&self, recorded: Recorded) -> Option<Recorded> {
        let about = self.about.as_deref();
        let is_wanted = about.is_none_or(|id| recorded.entry.is_about(id))
            && self.kind.is_none_or(|kind| kind == recorded.entry.kind)
            && self.topic.is_none_or(|topic| topic == Topic::of(recorded.entry.kind))
            && self.since.is_none_or(|since| recorded.at >= since);
        match self.detail {
            Detail::Raw => Some(recorded).filter(|_| is_wanted),
            Detail::Account => {
                let entry = recorded.entry.for_customer().filter(|_| is_wanted)?;
                Some(Recorded { named: entry.clone(), entry, ..recorded })
            }
        }
    }

    /// True for a place behind which nothing is asked for.
    pub fn ends_at(&self, place: Cursor) -> bool {
        self.since.is_some_and(|since| place.at < since)
    }
}

/// Fills a page with at most `limit` entries: within a record, too, the newest entry comes first.
pub fn page(records: Records<'_>, skip: usize, limit: usize) -> Page {
    let mut left = records.all.iter().flat_map(|record| {
        let newest_first = record.entries.iter().rev().enumerate();
        newest_first.map(move |(place, entry)| (record, place, entry))
    });
    let mut left = left.by_ref().skip(skip).peekable();

    let mut entries = Vec::new();
    let mut last = None;
    while entries.len() < limit
        && let Some((record, place, entry)) = left.next()
    {
        entries.push(Recorded::of(record, entry));
        last = Some((record, place.saturating_add(1)));
    }

    let is_more = records.more || left.peek().is_some();
    let next = last.filter(|_| is_more).map(|(record, used)| behind(record, used));
    Page { entries, next }
}

fn behind(record: &Record, used: usize) -> Cursor {
    let Record { at, sequence, entries, .. } = record;
    if used == entries.len() {
        Cursor { at: *at, sequence: *sequence, skip: 0 }
    } else {
        Cursor { at: *at, sequence: sequence.saturating_add(1), skip: used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{CauseKind, Kind};

    fn record((sequence, first): (u64, u64), abouts: &[&str]) -> Record {
        let at = Timestamp(1_795_338_000);
        let entry = |about: &&str| Entry::new(at, Kind::KeyCreated, Some(about));
        Record {
            at,
            sequence,
            cause: Cause::new(CauseKind::Api, "r"),
            entries: abouts.iter().map(entry).collect(),
            first: Some(first),
        }
    }

    fn abouts(page: &Page) -> Vec<&str> {
        page.entries.iter().filter_map(|it| it.entry.about.as_deref()).collect()
    }

    /// Goal: pages of any size show each entry once, also where a record is cut in two.
    #[test]
    fn pages_show_each_entry_once() {
        let newest = record((3, 5), &["e", "f"]);
        let all = [newest, record((2, 2), &["b", "c", "d"]), record((1, 1), &["a"])];
        for limit in 1..=7 {
            let (mut seen, mut cursor): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
            let mut numbers = Vec::new();

            loop {
                let sequence = cursor.map_or(u64::MAX, |cursor| cursor.sequence);
                let first = all.iter().position(|it| it.sequence < sequence).unwrap_or(all.len());
                let last = all.len().min(first + limit + 1);
                let records = Records { all: &all[first..last], more: last < all.len() };
                let page = page(records, cursor.map_or(0, |cursor| cursor.skip), limit);
                seen.extend(abouts(&page).into_iter().map(str::to_owned));
                numbers.extend(page.entries.iter().filter_map(|it| it.sequence));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }

            assert_eq!(seen.concat(), "fedcba", "pages of {limit}");
            assert_eq!(numbers, [6, 5, 4, 3, 2, 1], "pages of {limit}");
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let cursor = Cursor { at: Timestamp(1_795_338_000), sequence: 7, skip: 2 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for text in ["", "1.2", "a.b.c", "-1.2.3", "99999999999.1.1"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
