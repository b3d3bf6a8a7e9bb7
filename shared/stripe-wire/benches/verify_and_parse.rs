//! What one delivery costs before anything is looked up: the signature, the reading, and both.
//!
//! The body is `invoice_paid_6k.json`, printed as Stripe prints its webhooks;
//! `node/construct_event.mjs` does the same work on the same bytes with Stripe's own library.

use std::hint::black_box;

use billing::time::Timestamp;
use criterion::{Criterion, criterion_group, criterion_main};
use stripe_wire::signature::{Secrets, sign, verify};
use stripe_wire::wire::{Parsed, parse};

const BODY: &[u8] = include_bytes!("invoice_paid_6k.json");
const NOW: Timestamp = Timestamp(1_796_086_863);

#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot do its work has nothing to report"
)]
fn verify_and_parse(c: &mut Criterion) {
    let secrets = Secrets::new(&["whsec_bench_0123456789abcdef".to_owned()]).unwrap();
    let header = sign(&secrets, BODY, NOW);
    let header = Some(header.as_bytes());

    c.bench_function("verify", |b| {
        b.iter(|| verify(&secrets, black_box(header), black_box(BODY), NOW).unwrap());
    });
    c.bench_function("parse", |b| b.iter(|| parse(black_box(BODY)).unwrap()));
    c.bench_function("verify and parse", |b| {
        b.iter(|| {
            verify(&secrets, black_box(header), black_box(BODY), NOW).unwrap();
            match parse(black_box(BODY)).unwrap() {
                Parsed::Fact { fact, .. } => fact,
                other @ (Parsed::Payment { .. }
                | Parsed::Thin(_)
                | Parsed::WithoutCustomer(_)
                | Parsed::Unused(_)) => {
                    panic!("{other:?} is no fact of a customer's")
                }
            }
        });
    });
}

criterion_group!(benches, verify_and_parse);
criterion_main!(benches);
