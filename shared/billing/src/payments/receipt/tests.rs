//! Money dealt out, and moved between the parts of a receipt.

use super::*;

fn payable(id: &str, missing: i64) -> Payable {
    Payable { id: InvoiceId::parse(id).unwrap(), missing }
}

/// Goal: money goes to the invoices that it names, oldest first, the last perhaps in part; then to
/// others that it covers whole; the rest is prepaid. Nothing is lost.
#[test]
fn money_is_dealt_out_oldest_first() {
    let named = [payable("in_1", 100), payable("in_2", 50)];
    let others = [payable("in_3", 30), payable("in_4", 10)];
    for (amount, whole, part, rest) in [
        (1, vec![], Some(("in_1", 1)), 0),
        (99, vec![], Some(("in_1", 99)), 0),
        (100, vec!["in_1"], None, 0),
        (120, vec!["in_1"], Some(("in_2", 20)), 0),
        (150, vec!["in_1", "in_2"], None, 0),
        (175, vec!["in_1", "in_2"], None, 25),
        (180, vec!["in_1", "in_2", "in_3"], None, 0),
        (500, vec!["in_1", "in_2", "in_3", "in_4"], None, 310),
    ] {
        let dealt = allocate(amount, &named, &others);

        let ids: Vec<&str> = dealt.whole.iter().map(|(id, _)| id.as_str()).collect();
        let of_part = dealt.part.as_ref().map(|(id, part)| (id.as_str(), *part));
        assert_eq!((ids, of_part, dealt.rest), (whole, part, rest), "{amount}");
        let sum: i64 = dealt.whole.iter().map(|(_, missing)| missing).sum();
        assert_eq!(sum + dealt.part.map_or(0, |(_, part)| part) + dealt.rest, amount);
    }
}
