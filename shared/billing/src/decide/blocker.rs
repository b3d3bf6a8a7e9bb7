//! A cancellation blocker reported or cleared: the change of an account's blockers (A7 to A9).

use crate::cancellation::{BLOCKERS_MAX, Blocker, BlockerCode, BlockerRefusal, Blockers};
use crate::journal::{Entry, Kind, Value};
use crate::time::Timestamp;

/// Blockers with one of them reported, or cleared (none), and the journal's entry; none when it is
/// so already.
///
/// # Errors
/// The account would have too many.
pub fn blocker_set(
    blockers: &Blockers,
    code: &BlockerCode,
    blocker: Option<&Blocker>,
    now: Timestamp,
) -> Result<Option<(Blockers, Entry)>, BlockerRefusal> {
    let before = blockers.all.get(code);
    if before == blocker {
        return Ok(None);
    }

    let mut after = blockers.clone();
    match blocker {
        Some(blocker) => drop(after.all.insert(code.clone(), blocker.clone())),
        None => drop(after.all.remove(code)),
    }
    if after.all.len() > BLOCKERS_MAX {
        return Err(BlockerRefusal::TooMany);
    }

    let kind = match blocker {
        Some(_) => Kind::BlockerReported,
        None => Kind::BlockerCleared,
    };
    let text = |text: &String| Some(Value::Text(text.clone()));
    let detail = |blocker: &Blocker| text(&blocker.detail);
    let clears_by = |blocker: &Blocker| text(&blocker.clears_by);
    let entry = Entry::new(now, kind, Some(code.as_str()))
        .with("detail", before.and_then(detail), blocker.and_then(detail))
        .with("clears_by", before.and_then(clears_by), blocker.and_then(clears_by));
    Ok(Some((after, entry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn code(text: &str) -> BlockerCode {
        BlockerCode::parse(text).unwrap()
    }

    fn blocker(detail: &str) -> Blocker {
        Blocker { detail: detail.to_owned(), clears_by: "Removing it.".to_owned() }
    }

    /// Goal: a report that says what is known, and a clearing of what is not there, write nothing.
    #[test]
    fn a_blocker_that_is_so_already_writes_nothing() {
        let none = Blockers::default();
        let reported = blocker_set(&none, &code("domains"), Some(&blocker("One.")), NOW);
        let (one, entry) = reported.unwrap().unwrap();
        assert_eq!((entry.kind, entry.changes.len()), (Kind::BlockerReported, 2));

        let again = blocker_set(&one, &code("domains"), Some(&blocker("One.")), NOW);
        let nothing = blocker_set(&none, &code("domains"), None, NOW);
        let cleared = blocker_set(&one, &code("domains"), None, NOW).unwrap().unwrap();

        assert_eq!((again, nothing), (Ok(None), Ok(None)));
        assert_eq!((cleared.0.all.len(), cleared.1.kind), (0, Kind::BlockerCleared));
    }

    #[test]
    fn an_account_has_only_so_many() {
        let all = (0..BLOCKERS_MAX).map(|nth| (code(&format!("c_{nth}")), blocker("It is.")));
        let full = Blockers { version: 1, all: all.collect() };

        let another = blocker_set(&full, &code("another"), Some(&blocker("It is.")), NOW);
        let known = blocker_set(&full, &code("c_1"), Some(&blocker("It changed.")), NOW);

        assert_eq!(another, Err(BlockerRefusal::TooMany));
        assert!(matches!(known, Ok(Some(_))), "{known:?}");
    }
}
