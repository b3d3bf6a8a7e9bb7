//! Calls of a family's month end, for ARCHITECTURE: linear in the number of sub-accounts.

use local::gate::Units;

use super::*;

/// Calls of the month-end run, and what was read.
#[derive(Debug, PartialEq, Eq)]
struct Calls {
    reads: usize,
    transactions: usize,
    stripe: usize,
    read_units: Units,
}

/// Calls of the run: of the invocation that makes the parent's invoice, and of all.
fn calls_of_run(cloud: &Running) -> [Calls; 2] {
    let all = cloud.gate().calls();
    let run: Vec<_> = all.iter().filter(|call| call.function == "InvoiceRun").collect();
    let invoicing = run.iter().find(|call| call.operation.starts_with("Stripe.")).unwrap();
    let of = |wanted: Option<u64>| {
        let calls = run.iter().filter(|call| wanted.is_none_or(|it| call.invocation == it));
        let mut sum = Calls { reads: 0, transactions: 0, stripe: 0, read_units: Units::default() };
        let mut cost = local::gate::Cost::default();
        for call in calls {
            match call.operation.as_str() {
                "DynamoDB.TransactWriteItems" => sum.transactions += 1,
                operation if operation.starts_with("DynamoDB.") => sum.reads += 1,
                operation if operation.starts_with("Stripe.") => sum.stripe += 1,
                _ => continue,
            }
            cost = cost.and(call.cost);
        }
        Calls { read_units: cost.read, ..sum }
    };
    [of(Some(invoicing.invocation)), of(None)]
}

/// The month end of a parent with so many sub-accounts, each with usage.
async fn month_end(sub_accounts: usize) -> [Calls; 2] {
    let cloud = cloud().await;
    let customer = parent(&cloud).await;
    for number in 0..sub_accounts {
        let name = format!("shop-{number}");
        let body = json!({ "id": name, "name": name, "email": "billing@shop.example" });
        let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
        assert_eq!(status, 201, "{account}");
        make_sub_account(&cloud, &name, BillingModel::BillToParent).await;
        let usage = [(&*name, "sessions", 20_000, "2026-11-22T08:00:00Z")];
        report(&cloud, &name, &usage).await;
    }
    until(&cloud, "2026-12-03T00:14:59Z").await;
    cloud.gate().forget_calls();

    until(&cloud, "2026-12-03T06:00:00Z").await;

    let lines = invoiced(&cloud, &customer, "2026-11");
    assert_eq!(lines.len(), sub_accounts);
    calls_of_run(&cloud)
}

/// Goal: the run of a parent makes the same calls for 10 and for 100 sub-accounts but for a request
/// for every hundred items, two read units for each; and all calls together are linear.
#[tokio::test]
async fn the_calls_of_a_family_are_linear() {
    for sub_accounts in [10, 100] {
        let [parent, all] = Box::pin(month_end(sub_accounts)).await;

        assert_eq!((parent.transactions, parent.stripe), (3, 3), "{parent:?}");
        assert!((8..=9).contains(&parent.reads), "{parent:?}");
        let units = |count: usize| Units::whole(u64::try_from(count).unwrap());
        assert!(parent.read_units <= units(20 + 2 * sub_accounts), "{parent:?}");
        // Up to eight closings at once see no share before theirs, and each wakes the parent.
        let runs = 8;
        assert!(all.transactions <= sub_accounts + 3 * runs, "{all:?}");
        assert!(all.reads <= 40 + 10 * runs + 6 * sub_accounts, "{all:?}");
        let parents = runs * (20 + 2 * sub_accounts);
        assert!(all.read_units <= units(80 + parents + 10 * sub_accounts), "{all:?}");
    }
}
